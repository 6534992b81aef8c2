"""What awmc says about a spec, and how it is shown.

In the order of use: `registry` declares every code; `model` makes a diagnostic of a code, a span and the
parts of its title; `suggest` finds the name that was meant; `render` shows diagnostics to people and
models, `report` to programs; `explain` gives the page of a code.
"""

from awmc.diagnostics.model import Diagnostic, Fix, Label, diagnose, diagnose_unread
from awmc.diagnostics.suggest import meant, nearest, translate

__all__ = ["Diagnostic", "Fix", "Label", "diagnose", "diagnose_unread", "meant", "nearest", "translate"]
