"""A tool written down and read again is the same tool."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from awmc.pipeline import expand_source
from awmc.semantics.check import analyse
from awmc.semantics.expand import expand
from awmc.source import Source, read_source
from awmc.syntax import ast
from awmc.syntax.format import format_declaration
from awmc.syntax.parse import parse

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.awm"))

EVERYTHING = r"""
tool everything(
  a: text? 1..80 @match("[a-z]+") "doc \"quoted\"", b: my Visit?, c: Order.status, d: enum(x = "X y" "an x", y)?,
  e: [{product: Product, qty: int 1..99 = 3}] 1..5, f: money -1.50.., g: number ..10, h: time = 09:30,
  i: [Tag]?, j: date = 2026-03-02, k: bool = false
) "Does {all}." -> [Order(id, total, category: .category.name, lines(qty, price))] {
  let x = (a + 1) * 2 - -3 % 4 else nothing "No {a}, {{really}}: {left(\"x{{\", 2)}."
  let y = first(Visit as v join Slot as s where v.slot == s order by v.at desc then .id limit 3 offset k)
    else create Visit { slot: b, c }
  require not (a or b) and (c or d) or not e else wrong "No {{way}}."
  require a in [1, 2] and b not in 1 .. 3 and c is null and d is not null and (e ?? f) contains "x" else no "no"
  require (if a then b else c) and x == (if a then b else c) else no "no"
  update my Visit where .a == a? set a = a?, address.city += "x", tags -= [b, c]
  delete Visit
  for v in b.lines where .qty > 0 { create Line { order: v, lines: [{ product: v.product, qty: (x)[0] }] } }
  if a { fail no "never" } else if b { pay(amount: 3, by: (Card where .main)) } else { let z = if a then 1 else 2 }
  let r = sum(.lines, .qty * .price) / count(Visit) + min_by((Visit where .a), .b).c[0].d
  let t = SlotCard(first(Visit)) else no "x"
  let far = Visit as visit
    where .first_condition == visit.first_condition and .second_condition is not null and .third == 3
    order by .first_condition desc then .second_condition then .third_condition_of_all_of_them
  return group(Visit where .at > now + 24h and .on == 2026-03-02T08:00 and .time >= 09:30, n: count(), s: self, m: me)
}
"""


def bare(node: Any) -> Any:
    """The node without the places where its parts stood."""
    if isinstance(node, msgspec.Struct):
        fields = [(name, bare(getattr(node, name))) for name in node.__struct_fields__ if name != "span"]
        return type(node).__name__, fields
    return tuple(map(bare, node)) if isinstance(node, tuple) else node


def read(text: str) -> ast.Tool:
    spec, problems = parse(Source("tool.awm", text))
    assert problems == (), problems
    (tool,) = spec.items
    assert isinstance(tool, ast.Tool)
    return tool


def comes_back(tool: ast.Tool) -> None:
    text = format_declaration(tool)
    again = read(text)
    assert bare(again) == bare(tool)
    assert format_declaration(again) == text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_tool_of_the_specs_comes_back(path: Path) -> None:
    source = read_source(path)
    model = analyse(parse(source)[0], source)
    tools = expand(model)
    assert {bool(origin) for _, origin in tools} == {True, False}
    for tool, _ in tools:
        comes_back(tool)


def test_every_construct_comes_back() -> None:
    tool = read(EVERYTHING)
    comes_back(tool)
    comes_back(read(EVERYTHING.replace("tool everything", "action everything")))
    assert all(line == line.rstrip() for line in format_declaration(tool).splitlines())


def test_short_tools_stay_on_their_line() -> None:
    text = 'tool get(visit: my Visit) "Get it." -> Visit { return visit }'
    assert format_declaration(read(text)).rstrip() == text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_an_expanded_spec_has_nothing_left_to_expand(path: Path) -> None:
    text, problems = expand_source(read_source(path))
    assert problems == ()
    spec, syntax = parse(Source(path.name, text))
    assert syntax == ()
    assert not any(isinstance(item, ast.Tools) for item in spec.items)
    assert expand_source(Source(path.name, text))[0] == text
