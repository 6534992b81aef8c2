"""Which part of a spec each comment belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from awmc.source import Span
from awmc.syntax import ast

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(#[^\n]*)')

_UNITS = (
    ast.Env, ast.Enum, ast.Record, ast.Entity, ast.Shape, ast.Fn, ast.Tools, ast.Tool, ast.Invariant, ast.Seed,
    ast.Generate, ast.Task, ast.Actor, ast.Offered, ast.EnumValue, ast.Field, ast.Param, ast.Transition, ast.ShapeMember,
    ast.Derived, ast.SeedColumn, ast.SeedRow, ast.Arg, ast.Entry, ast.Join, ast.OrderKey, ast.Let, ast.Require, ast.Update,
    ast.Delete, ast.For, ast.If, ast.Fail, ast.Return, ast.CallStatement, ast.Fails, ast.Assign, ast.Solve, ast.Wrong,
    ast.User, ast.TaskLet, ast.Free, ast.May, ast.Ensure, ast.Answer,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comment:
    """`blank`: an empty line stands before it; `own_line`: nothing else stands before it on its line."""

    text: str
    span: Span
    own_line: bool
    blank: bool


@dataclass(slots=True)
class Attached:
    """The comments of one part: lines before it, the ends of its line, lines behind it, and what stands behind its opening
    brace.
    """

    before: list[Comment] = field(default_factory=list)
    beside: list[Comment] = field(default_factory=list)
    behind: list[Comment] = field(default_factory=list)
    inside: list[Comment] = field(default_factory=list)


class Comments:
    """The comments of a text, by the parts of its spec; and where it leaves a line empty."""

    def __init__(self, spec: ast.Spec, text: str) -> None:
        self._text = text
        self._attached: dict[int, Attached] = {}
        self._units: dict[int, list[ast.Node]] = {}
        for found in _COMMENT.finditer(text):
            if found.group(1) is not None:
                self._attach(spec, self._comment(found))

    def of(self, node: ast.Node) -> Attached | None:
        """The comments of a part, None if it has none."""
        return self._attached.get(id(node))

    def blank_before(self, place: int) -> bool:
        """Whether the line before that of a place is empty."""
        at = place
        while at > 0 and self._text[at - 1] in " \t\r\n":
            at -= 1
        return self._text.count("\n", at, place) > 1

    def _comment(self, found: re.Match[str]) -> Comment:
        start, end = found.span(1)
        line = self._text.rfind("\n", 0, start) + 1
        own_line = not self._text[line:start].strip()
        return Comment(found.group(1).rstrip(), Span(start, end), own_line, own_line and self.blank_before(start))

    def _attach(self, spec: ast.Spec, comment: Comment) -> None:
        place = comment.span.start
        around: ast.Node = spec
        while True:
            inner = next((u for u in self._parts(around) if u.span.start <= place < u.span.end), None)
            if inner is None:
                break
            around = inner
        parts = self._parts(around)
        before = [part for part in parts if part.span.end <= place]
        after = [part for part in parts if part.span.start > place]
        if not comment.own_line and before and not isinstance(before[-1], ast.Block):
            self._of(before[-1]).beside.append(comment)
        elif not comment.own_line and not before and opens(around):
            self._of(around).inside.append(comment)
        elif comment.own_line and after and not isinstance(after[0], ast.Block) and not isinstance(around, ast.SeedRow):
            self._of(after[0]).before.append(comment)
        elif comment.own_line and before and not isinstance(before[-1], ast.Block) and (opens(around) or not after):
            self._of(before[-1]).behind.append(comment)
        elif isinstance(around, ast.Block) or (opens(around) and not parts):
            self._of(around).inside.append(comment)
        else:
            # In the middle of something that stands on one line.
            self._of(around).before.append(comment)

    def _of(self, node: ast.Node) -> Attached:
        return self._attached.setdefault(id(node), Attached())

    def _parts(self, node: ast.Node) -> list[ast.Node]:
        """The parts of a part that a comment may belong to, in the order of the text."""
        if id(node) not in self._units:
            self._units[id(node)] = sorted(_inner(node), key=lambda part: part.span.start)
        return self._units[id(node)]


def opens(node: ast.Node) -> bool:
    """Whether a part has a brace behind which comments may stand, and the parts between its braces are all it has there."""
    return isinstance(node, ast.Spec | ast.Env | ast.Enum | ast.Record | ast.Entity | ast.Tools | ast.Seed | ast.Task | ast.Block)


def _inner(node: ast.Node) -> Iterator[ast.Node]:
    match node:
        case ast.Spec():
            yield from node.items
        case ast.Env():
            yield from (*node.clocks, *node.actors, *node.policy, *node.offers)
        case ast.SeedRow():
            return
        case ast.Entity():
            yield from (*node.fields, *node.attributes)
        case ast.If():
            yield from _found(node.test)
            yield node.then
            if node.otherwise is not None:
                if is_else_if(node.otherwise):
                    yield node.otherwise.statements[0]
                else:
                    yield node.otherwise
        case _:
            for item in fields(node):
                yield from _found(getattr(node, item.name))


def is_else_if(block: ast.Block) -> bool:
    """Whether a block stands for the `if` of `else if`, which has no braces of its own."""
    return len(block.statements) == 1 and isinstance(block.statements[0], ast.If) and block.span == block.statements[0].span


def _found(value: Any) -> Iterator[ast.Node]:
    """The first parts at or below a value."""
    if isinstance(value, tuple):
        for item in value:
            yield from _found(item)
    elif isinstance(value, ast.Binary) and value.op in ("and", "or"):
        yield from operands(value)
    elif isinstance(value, ast.ListOf):
        yield from value.items
    elif isinstance(value, ast.Query):
        yield value.source
        yield from value.joins
        if value.where is not None:
            yield from _found(value.where) if _is_chain(value.where) else (value.where,)
        yield from value.order
        for bound in (value.limit, value.offset):
            if bound is not None:
                yield bound
    elif isinstance(value, ast.Block) or isinstance(value, _UNITS):
        yield value
    elif is_dataclass(value) and not isinstance(value, Span | ast.Name):
        for item in fields(value):
            yield from _found(getattr(value, item.name))


def _is_chain(value: ast.Expr) -> bool:
    return isinstance(value, ast.Binary) and value.op in ("and", "or")


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
