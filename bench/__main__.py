"""`python -m bench`: all benchmarks, or those that are named."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.compile import many_specs, one_spec
from bench.format import formatting
from bench.fuzz import fuzzing
from bench.growth import SIZES, growth
from bench.lsp import editing
from bench.measure import Clock
from bench.phases import imports, phases
from bench.prove import proofs
from bench.runtime import runtime
from bench.serve import serving
from bench.table import Table, as_json, as_text

SPECS = Path(__file__).resolve().parent.parent / "specs"
FULL_SIZE = ("retail_bank", "food_delivery", "university")
BENCHES = (
    "compile",
    "many",
    "phases",
    "imports",
    "growth",
    "prove",
    "fuzz",
    "format",
    "runtime",
    "serve",
    "editing",
)


def main(arguments: list[str] | None = None) -> None:
    """Prints a table for each benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument(
        "benches", nargs="*", metavar="BENCH", help=f"of {', '.join(BENCHES)}; all without one"
    )
    parser.add_argument("--repeat", type=int, default=5, help="measure so often, and take the best")
    parser.add_argument(
        "--specs", nargs="+", type=Path, default=[SPECS / f"{name}.awm" for name in FULL_SIZE]
    )
    parser.add_argument("--count", type=int, default=10, help="how many specs `many` compiles")
    parser.add_argument(
        "--full", action="store_true", help="`many` compiles a thousand, `serve` takes minutes"
    )
    parser.add_argument(
        "--sizes", nargs="+", type=int, default=SIZES, help="how many entities `growth` grows"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--cores", action="store_true", help="tell the time that cores worked, where others work on them too"
    )
    options = parser.parse_args(arguments)
    Clock.of_cores = options.cores
    unknown = sorted({*options.benches} - {*BENCHES})
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    if options.full:
        options.count = 1000
    tables = _tables(options)
    if options.format == "json":
        sys.stdout.write(as_json(list(tables)))
        return
    for table in tables:
        print(as_text([table]), flush=True)


def _tables(options: argparse.Namespace) -> Iterator[Table]:
    wanted = options.benches or BENCHES
    spec, repeat = options.specs[0], options.repeat
    if "compile" in wanted:
        yield one_spec(spec, repeat)
    if "many" in wanted:
        yield many_specs(options.specs, options.count, 1 if options.full else min(repeat, 2))
    if "phases" in wanted:
        with TemporaryDirectory() as folder:
            yield phases(spec, Path(folder, "build"), repeat)
    if "imports" in wanted:
        yield imports(12)
    if "growth" in wanted:
        yield growth(tuple(options.sizes), repeat)
    if "editing" in wanted:
        yield from (editing(each, repeat) for each in options.specs)
    if "prove" in wanted:
        yield from (proofs(each, min(repeat, 3)) for each in options.specs)
    if "format" in wanted:
        yield from (formatting(each, repeat) for each in options.specs)
    if "runtime" in wanted:
        for each in options.specs:
            yield from runtime(each, repeat)
    if "fuzz" in wanted:
        yield from (fuzzing(each, min(repeat, 3)) for each in options.specs)
    if "serve" in wanted:
        yield from serving(max(repeat, 10), 60.0 if options.full else 5.0, 100_000 if options.full else 2_000)


if __name__ == "__main__":
    main()
