"""Which part of a spec each comment belongs to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from awmc.source import Span
from awmc.syntax import ast

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(#[^\n]*)')

# What may stand between a part and the comment beside it.
_BESIDE = re.compile(r"[\s,]*|\s+as\s+\w+\s*")
_LINE_COMMENT = re.compile(r"#[^\n]*")
_NEXT = re.compile(r"(?:\s|#[^\n]*)*(\S)")

_UNITS = (
    ast.Env,
    ast.Enum,
    ast.Record,
    ast.Entity,
    ast.Shape,
    ast.Fn,
    ast.Tools,
    ast.Tool,
    ast.Invariant,
    ast.Seed,
    ast.Generate,
    ast.Task,
    ast.Actor,
    ast.Offered,
    ast.EnumValue,
    ast.Field,
    ast.Param,
    ast.Transition,
    ast.ShapeMember,
    ast.Derived,
    ast.SeedColumn,
    ast.SeedRow,
    ast.Arg,
    ast.Entry,
    ast.Join,
    ast.OrderKey,
    ast.Let,
    ast.Require,
    ast.Update,
    ast.Delete,
    ast.For,
    ast.If,
    ast.Fail,
    ast.Return,
    ast.CallStatement,
    ast.Fails,
    ast.Assign,
    ast.Solve,
    ast.Wrong,
    ast.User,
    ast.TaskLet,
    ast.Free,
    ast.May,
    ast.Ensure,
    ast.Answer,
)


@dataclass(frozen=True, slots=True)
class Comment:
    """`blank`: an empty line stands before it; `own_line`: nothing else stands before it on its line."""

    text: str
    span: Span
    own_line: bool
    blank: bool


@dataclass(slots=True)
class Attached:
    """The comments of one part: lines before it, the ends of its line, lines behind it, and what stands behind its
    opening brace.
    """

    before: list[Comment] = field(default_factory=list)
    beside: list[Comment] = field(default_factory=list)
    behind: list[Comment] = field(default_factory=list)
    inside: list[Comment] = field(default_factory=list)
    close: bool = False
    """Whether no empty line stands between the part and the comments before it."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that a comment may belong to; `begins_line`: with a comment before it, it can stand on a line of its
    own.
    """

    node: ast.Node
    begins_line: bool = True


def _start(part: _Part) -> int:
    return part.node.span.start


class Comments:
    """The comments of a text, by the parts of its spec; and where it leaves a line empty."""

    def __init__(self, spec: ast.Spec, text: str) -> None:
        self._text = text
        self._attached: dict[int, Attached] = {}
        self._inner: dict[int, list[_Part]] = {}
        for found in _COMMENT.finditer(text):
            if found.group(1) is not None:
                self._attach(spec, self._comment(found))

    def of(self, node: ast.Node) -> Attached | None:
        """The comments of a part, None if it has none."""
        return self._attached.get(id(node))

    def blank_before(self, place: int) -> bool:
        """Whether the line before that of a place is empty."""
        at = place = self._text.rfind("\n", 0, place) + 1
        while at > 0 and self._text[at - 1] in " \t\r\n":
            at -= 1
        return at > 0 and self._text.count("\n", at, place) > 1

    def parted(self, end: int, start: int) -> bool:
        """Whether a line ends between two places."""
        return "\n" in self._text[end:start]

    def _comment(self, found: re.Match[str]) -> Comment:
        start, end = found.span(1)
        line = self._text.rfind("\n", 0, start) + 1
        own_line = not self._text[line:start].strip()
        return Comment(
            found.group(1).rstrip(), Span(start, end), own_line, own_line and self.blank_before(start)
        )

    def _attach(self, spec: ast.Spec, comment: Comment) -> None:
        place = comment.span.start
        # The parts around the comment that begin a line when they have comments, the outermost first.
        around: ast.Node = spec
        lines: list[ast.Node] = []
        while True:
            parts = self._parts(around)
            # They follow each other: the comment stands in the last that begins before it, or behind that.
            number = bisect_right(parts, place, key=_start)
            if not number or parts[number - 1].node.span.end <= place:
                break
            around = parts[number - 1].node
            if parts[number - 1].begins_line:
                lines.append(around)
        before = parts[number - 1].node if number else None
        after = parts[number] if number < len(parts) else None
        between = self._text[before.span.end : place] if before is not None else ""
        opened = before is None or "{" in _LINE_COMMENT.sub("", between)
        if opens(around) and ((opened and (not comment.own_line or after is None)) or not parts):
            self._of(around).inside.append(comment)
        elif (
            not comment.own_line
            and before is not None
            and not self._has_beside(before)
            and _BESIDE.fullmatch(between)
            and not self._brace_after(comment)
        ):
            self._of(before).beside.append(comment)
        elif comment.own_line and after is not None and after.begins_line:
            self._of(after.node).before.append(comment)
        elif (
            comment.own_line
            and before is not None
            and after is None
            and (opens(around) or _BESIDE.fullmatch(between))
        ):
            self._of(before).behind.append(comment)
        else:
            # In the middle of something that stands on one line: above that, close to it.
            line = lines[-1] if lines else around
            attached = self._of(line)
            apart = not attached.before and self.blank_before(line.span.start)
            attached.before.append(replace(comment, blank=apart))
            attached.close = True

    def _has_beside(self, node: ast.Node) -> bool:
        """Whether the end of a part's line is taken by a comment."""
        attached = self._attached.get(id(node))
        return attached is not None and bool(attached.beside)

    def _brace_after(self, comment: Comment) -> bool:
        """Whether the next sign behind a comment opens a block."""
        found = _NEXT.match(self._text, comment.span.end)
        return found is not None and found.group(1) == "{"

    def _of(self, node: ast.Node) -> Attached:
        return self._attached.setdefault(id(node), Attached())

    def _parts(self, node: ast.Node) -> list[_Part]:
        """The parts of a part that a comment may belong to, in the order of the text."""
        if id(node) not in self._inner:
            self._inner[id(node)] = sorted(_inner(node), key=_start)
        return self._inner[id(node)]


def opens(node: ast.Node) -> bool:
    """Whether a part has braces of its own, with lines between them."""
    lined = (
        ast.Spec | ast.Env | ast.Enum | ast.Record | ast.Entity | ast.Tools | ast.Seed | ast.Task | ast.Block
    )
    return isinstance(node, lined)


def _inner(node: ast.Node) -> Iterator[_Part]:
    match node:
        case ast.Spec():
            yield from map(_Part, node.items)
        case ast.Env():
            yield from map(_Part, (*node.clocks, *node.actors, *node.policy, *node.offers))
        case ast.SeedRow() | ast.SeedColumn():
            return
        case ast.Field():
            # A default is a constant, which stands on one line.
            yield from _found((node.type, node.attributes))
        case ast.Query() | ast.ListOf() | ast.Binary():
            yield from _found(node)
        case ast.Entity():
            yield from map(_Part, (*node.fields, *node.attributes))
        case ast.If():
            yield from _found(node.test)
            yield from _found(node.then)
            if node.otherwise is not None:
                if is_else_if(node.otherwise):
                    yield _Part(node.otherwise.statements[0], begins_line=False)
                else:
                    yield from _found(node.otherwise)
        case _:
            for name in node.__struct_fields__:
                yield from _found(getattr(node, name))


def is_else_if(block: ast.Block) -> bool:
    """Whether a block stands for the `if` of `else if`, which has no braces of its own."""
    return (
        len(block.statements) == 1
        and isinstance(block.statements[0], ast.If)
        and block.span == block.statements[0].span
    )


def _found(value: Any) -> Iterator[_Part]:
    """The first parts at or below a value."""
    match value:
        case tuple():
            for item in value:
                yield from _found(item)
        case ast.Binary(op="and" | "or"):
            first, *rest = operands(value)
            yield _Part(first, begins_line=False)
            yield from map(_Part, rest)
        case ast.ListOf():
            yield from map(_Part, value.items)
        case ast.Query():
            clauses = [c for c in (*value.joins, value.where, *value.order, value.limit) if c is not None]
            if not clauses:
                # With nothing but a name for its rows, it stands on one line.
                yield from _found(value.source)
                return
            yield _Part(value.source, begins_line=False)
            yield from map(_Part, clauses)
            if value.offset is not None:
                yield _Part(value.offset, begins_line=False)
        case ast.Block():
            yield _Part(value, begins_line=False)
        case ast.Interpolation() | ast.Name() | ast.Text():
            return
        case ast.Node():
            if isinstance(value, _UNITS):
                yield _Part(value)
            else:
                for name in value.__struct_fields__:
                    yield from _found(getattr(value, name))


def operands(value: ast.Expr) -> list[ast.Expr]:
    """The operands of a chain of the same `and` or `or`."""
    assert isinstance(value, ast.Binary)
    found = [value.right]
    left = value.left
    while isinstance(left, ast.Binary) and left.op == value.op:
        found.append(left.right)
        left = left.left
    found.append(left)
    return found[::-1]
