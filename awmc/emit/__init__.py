"""Artefacts to files.

In the order of use: `templates` writes data down as text; `manifest` lists what a build holds; `write` puts a
whole build on disk at once, `replace` one text; `proof` reads the certificate that may lie in it; `compare`
says where one on disk differs; `memo` remembers what a spec compiled to, so that an unchanged one is not
compiled again.
"""

from awmc.emit.artefact import Artefact

__all__ = ["Artefact"]
