"""The Agent World Model compiler.

`awmc.load("build/clinic")` opens a compiled environment. Nothing is imported before it is asked for.
"""

TYPE_CHECKING = False  # known to type checkers by its name, and free of the cost of `typing`
if TYPE_CHECKING:
    from awmc.runtime import load as load

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def __getattr__(name: str) -> object:
    if name == "load":
        from awmc.runtime import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
