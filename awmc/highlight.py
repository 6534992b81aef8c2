"""A Pygments lexer for specs, for documentation: ```` ```awm ```` is coloured wherever Pygments is used."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, include, words
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
    _TokenType,
)

DECLARATIONS = (
    "env", "enum", "record", "entity", "shape", "fn", "tools", "tool", "action", "invariant", "seed", "task",
)  # fmt: skip
WORDS = (
    "actor", "answer", "as", "asc", "by", "clock", "create", "delete", "desc", "else", "ensure", "fail", "fails",
    "for", "free", "if", "join", "let", "limit", "may", "offer", "offset", "on", "order", "owned", "policy", "require",
    "return", "set", "solve", "states", "then", "update", "user", "where", "with", "wrong",
)  # fmt: skip
OPERATORS = ("and", "contains", "in", "is", "not", "or")
CONSTANTS = ("false", "null", "true")
TYPES = ("text", "int", "number", "money", "bool", "date", "time", "datetime", "email", "url")


def _groups(*kinds: _TokenType) -> object:
    """What the groups of a match are."""
    return bygroups(*kinds)  # type: ignore[no-untyped-call]


def _declared(name: _TokenType) -> object:
    return _groups(Whitespace, Keyword.Declaration, Whitespace, name)


class AwmLexer(RegexLexer):
    """The language of agent environments."""

    name = "AWM"
    url = "https://pypi.org/project/awmc/"
    aliases: ClassVar[list[str]] = ["awm"]
    filenames: ClassVar[list[str]] = ["*.awm"]
    mimetypes: ClassVar[list[str]] = []
    version_added = ""

    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"\s+", Whitespace),
            (r"#.*$", Comment.Single),
            (r'"', String, "string"),
            (r"^(\s*)(entity|enum|record|shape)(\s+)([A-Z]\w*)", _declared(Name.Class)),
            (
                r"^(\s*)(fn|tool|action|env|invariant|task)(\s+)([a-z]\w*)(?!\s*:)",
                _declared(Name.Function),
            ),
            (r"@@?[a-z]\w*", Name.Decorator),
            include("expression"),
        ],
        "expression": [
            (r"[ \t]+", Whitespace),
            (r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?", Number),
            (r"\d{1,2}:\d\d\b", Number),
            (r"\d+(s|min|h|d|w|mo|y)\b", Number),
            (r"\d+(\.\d+)?", Number),
            (r"(\.)([a-z]\w*)", _groups(Punctuation, Name.Attribute)),
            (r"([a-z]\w*)(\s*)(:)", _groups(Name.Attribute, Whitespace, Punctuation)),
            (words(CONSTANTS, suffix=r"\b"), Keyword.Constant),
            (words(OPERATORS, suffix=r"\b"), Operator.Word),
            (words(WORDS, suffix=r"\b"), Keyword),
            (words(DECLARATIONS, suffix=r"\b(?=\s*[A-Za-z(])"), Keyword.Declaration),
            (words(("me", "now", "self"), suffix=r"\b"), Name.Builtin.Pseudo),
            (words(TYPES, suffix=r"\b(?!\s*\()"), Keyword.Type),
            (r"([a-z]\w*)(?=\()", Name.Function),
            (r"[A-Z]\w*", Name.Class),
            (r"[a-z]\w*", Name),
            (r"->|==|!=|<=|>=|\?\?|\+=|-=|\.\.|[-+*/%<>=?]", Operator),
            (r"[(){}\[\],:.]", Punctuation),
        ],
        "string": [
            (r'"', String, "#pop"),
            (r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})', String.Escape),
            (r"\{\{|\}\}", String.Escape),
            (r"\{(?=[^}\n]*\})", String.Interpol, "interpolation"),
            (r'[^"\\{}\n]+', String),
            (r"[{}]", String),
        ],
        "interpolation": [(r"\}", String.Interpol, "#pop"), include("expression")],
    }
