"""What is right in another language: SQL, Python, TypeScript, Prisma, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from awmc.syntax import ast
from bench.faults.sound import Change, Kind, Sound

_TYPES = {
    "text": ("string", "String", "str", "varchar(255)", "VARCHAR", "TEXT"),
    "int": ("integer", "Int", "bigint", "Integer"),
    "number": ("float", "double", "Float", "decimal(10,2)"),
    "money": ("decimal", "Decimal", "Money", "currency"),
    "bool": ("boolean", "Boolean", "Bool"),
    "datetime": ("timestamp", "DateTime", "TIMESTAMP"),
    "date": ("Date", "DATE"),
}
_HEADS = {
    "entity": ("model", "class", "table", "type", "CREATE TABLE"),
    "tool": ("def", "function", "op", "query", "mutation"),
    "fn": ("def", "function", "func", "fun"),
    "action": ("procedure", "def", "private"),
    "record": ("struct", "type", "interface", "class"),
    "invariant": ("constraint", "assert", "rule"),
    "seed": ("data", "fixture", "insert", "INSERT INTO"),
    "task": ("test", "scenario"),
    "shape": ("view", "projection"),
}
_STATEMENTS = {
    "require": ("assert", "check", "ensure", "guard"),
    "let": ("var", "const", "set"),
    "create": ("insert", "new", "add", "INSERT"),
    "update": ("modify", "set", "UPDATE"),
    "delete": ("remove", "DELETE", "destroy"),
    "fail": ("raise", "throw", "error"),
    "for": ("foreach", "for each", "FOR"),
    "return": ("yield", "RETURN", "give"),
    "else if": ("elif", "elsif", "elseif"),
    "where": ("filter", "WHERE", "having", "when"),
    "order by": ("sort by", "orderby", "ORDER BY"),
    "limit": ("take", "LIMIT", "top"),
}
_OPERATORS = {
    "and": ("&&", "AND", "&"),
    "or": ("||", "OR"),
    "not": ("!", "NOT"),
    "==": ("=", "===", "eq"),
    "!=": ("<>", "!==", "ne"),
    "<=": ("=<", "≤"),
    ">=": ("=>", "≥"),
    "is null": ("== None", "is None", "IS NULL"),
    "??": ("?:", "||", "or else"),
    "contains": ("like", "includes", "has"),
    "null": ("None", "nil", "NULL", "undefined"),
    "true": ("True", "TRUE", "yes"),
    "false": ("False", "FALSE"),
    "->": ("=>", ":"),
}


def _replaced(
    sound: Sound, random: Random, table: Mapping[str, tuple[str, ...]], *, named: bool
) -> Iterator[Change]:
    """Each phrase of the table where its first word is a keyword or a sign."""
    for place, token in enumerate(sound.tokens):
        for written, foreign in table.items():
            words = written.split()
            found = sound.tokens[place : place + len(words)]
            if [each.text for each in found] != words or (token.word and token.kind == "NAME"):
                continue
            if named or token.kind != "NAME":
                yield Change(token.start, found[-1].end, random.choice(foreign), (written,))


def foreign_type(sound: Sound, random: Random) -> Iterator[Change]:
    """`name: String`"""
    for node, _ in sound.nodes:
        if isinstance(node, ast.BaseType) and node.name.text in _TYPES:
            name = node.name
            yield Change(name.span.start, name.span.end, random.choice(_TYPES[name.text]), (name.text,))


def foreign_list(sound: Sound, random: Random) -> Iterator[Change]:
    """`visits: Visit[]`, `list<Visit>`"""
    for node, _ in sound.nodes:
        if isinstance(node, ast.ListType) and isinstance(node.element, (ast.RowType, ast.BaseType)):
            name = sound.of(node.element.name.span)
            written = random.choice([f"{name}[]", f"list<{name}>", f"List[{name}]", f"Array<{name}>"])
            yield Change(node.span.start, node.span.end, written, (f"[{name}]",))


def foreign_optional(sound: Sound, random: Random) -> Iterator[Change]:
    """`due: date | null`, `Optional[date]`, `date NULL`, `due?: date`"""
    for node, around in sound.nodes:
        if (
            isinstance(node, (ast.BaseType, ast.RowType))
            and node.optional
            and isinstance(around[0], (ast.Field, ast.Param))
        ):
            owner, name = around[0].name, sound.of(node.name.span)
            text = sound.of(node.span).replace("?", "")
            choice = random.randrange(3)
            if choice == 0:
                yield Change(node.span.start, node.span.end, f"{text} | null", (f"{name}?", "?"))
            elif choice == 1:
                yield Change(node.span.start, node.span.end, f"Optional[{text}]", (f"{name}?", "?"))
            else:
                yield Change(owner.span.start, node.span.end, f"{owner.text}?: {text}", (f"{name}?", "?"))


def foreign_head(sound: Sound, random: Random) -> Iterator[Change]:
    """`model Patient { … }`"""
    for item in sound.spec.items:
        word = sound.of(item.span).split(None, 1)[0]
        if word in _HEADS:
            end = item.span.start + len(word)
            yield Change(item.span.start, end, random.choice(_HEADS[word]), (word,))


def foreign_statement(sound: Sound, random: Random) -> Iterator[Change]:
    """`throw`, `elif`, `filter`"""
    yield from _replaced(sound, random, _STATEMENTS, named=False)


def foreign_operator(sound: Sound, random: Random) -> Iterator[Change]:
    """`&&`, `===`, `None`"""
    yield from _replaced(sound, random, _OPERATORS, named=False)


def foreign_quotes(sound: Sound, random: Random) -> Iterator[Change]:
    """`'text'`, `f"text"`, three quotes"""
    for token in sound.tokens:
        if token.kind == "STRING" and "'" not in token.text and "\\" not in token.text:
            inner = token.text[1:-1]
            written = random.choice(
                [f"'{inner}'", f'"""{inner}"""', f"`{inner}`", f"“{inner}”", f"f{token.text}"]
            )
            yield Change(token.start, token.end, written, (token.text, '"', "double quotes", "leave"))


def foreign_comment(sound: Sound, random: Random) -> Iterator[Change]:
    """`// why`, `-- why`, `/* why */`"""
    for token in sound.tokens:
        if sound.text[token.end : token.end + 1] == "\n":
            written = random.choice([" // as agreed", " -- as agreed", " /* as agreed */"])
            yield Change(token.end, token.end, written, ("#",))


def semicolon(sound: Sound, random: Random) -> Iterator[Change]:
    """`let x = 1;`"""
    del random
    for node, _ in sound.nodes:
        if isinstance(node, (ast.Let, ast.Require, ast.Return, ast.CallStatement, ast.Field, ast.Update)):
            yield Change(node.span.end, node.span.end, ";", (";",))


def foreign_range(sound: Sound, random: Random) -> Iterator[Change]:
    """`int 1-50`, `int(1, 50)`, `1...50`"""
    for node, _ in sound.nodes:
        if isinstance(node, ast.Range) and node.low is not None and node.high is not None:
            low, high = sound.of(node.low.span), sound.of(node.high.span)
            written = random.choice(
                [
                    f"{low}-{high}",
                    f"({low}, {high})",
                    f"{low}...{high}",
                    f"[{low}, {high}]",
                    f"({low}..{high})",
                ]
            )
            yield Change(node.span.start, node.span.end, written, (f"{low}..{high}",))


def foreign_moment(sound: Sound, random: Random) -> Iterator[Change]:
    """`2026/03/02`, `"2026-03-02"`, `2026-3-2`, `2026-03-02T08:00:00Z`"""
    for token in sound.tokens:
        if token.kind != "MOMENT":
            continue
        date, _, time = token.text.partition("T")
        forms = [f'"{token.text}"', date.replace("-", "/") + (f"T{time}" if time else "")]
        forms.append(f"{date} {time}" if time else date.replace("-0", "-") if "-0" in date else f"'{date}'")
        if time:
            forms.append(f"{token.text}Z")
        yield Change(token.start, token.end, random.choice(forms), (token.text,))


def foreign_duration(sound: Sound, random: Random) -> Iterator[Change]:
    """`24 hours`, `hours(24)`, `24hours`"""
    units = {
        "h": "hours",
        "d": "days",
        "w": "weeks",
        "min": "minutes",
        "mo": "months",
        "y": "years",
        "s": "seconds",
    }
    for token in sound.tokens:
        if token.kind == "DURATION":
            number = "".join(c for c in token.text if c.isdigit())
            unit = units[token.text[len(number) :]]
            written = random.choice(
                [f"{number} {unit}", f"{number}{unit}", f"{unit}({number})", f'"{token.text}"']
            )
            yield Change(token.start, token.end, written, (token.text,))


def foreign_number(sound: Sound, random: Random) -> Iterator[Change]:
    """`"120.00"`, `$120.00`, `1_000`, `1,000.00`, `120.001`"""
    for node, around in sound.nodes:
        if isinstance(node, ast.Literal) and node.kind == "decimal" and isinstance(around[0], ast.SeedRow):
            digits = sound.of(node.span)
            written = random.choice([f'"{digits}"', f"${digits}", f"{digits} USD", f"€{digits}"])
            yield Change(node.span.start, node.span.end, written, (digits,))


KINDS: dict[str, Kind] = {
    "foreign type": foreign_type,
    "foreign list": foreign_list,
    "foreign optional": foreign_optional,
    "foreign declaration": foreign_head,
    "foreign statement or clause": foreign_statement,
    "foreign operator": foreign_operator,
    "foreign quotes": foreign_quotes,
    "foreign comment": foreign_comment,
    "semicolon": semicolon,
    "foreign range": foreign_range,
    "foreign date or time": foreign_moment,
    "foreign duration": foreign_duration,
    "foreign amount": foreign_number,
}
