"""Model to IR: sugar taken away, conversions and defaults written out, everything in its final order.

`storage` lays fields out as columns, `expressions` and `statements` translate bodies, `environment` puts it
together.
"""

from awmc.ir.lower.environment import lower

__all__ = ["lower"]
