"""All mistakes of a text that does not parse, declaration by declaration.

A declaration is parsed until it stops; the mistake is told and mended in its tokens, or the statement, column or row
that it stands in is left out; then the declaration is parsed again. So whatever is told was met by a parse that was
sound up to there, and a mistake that only follows from another is not met at all.
"""

from __future__ import annotations

from awmc.diagnostics import Diagnostic, Fix, Label, diagnose
from awmc.source import Source, Span
from awmc.syntax import ast
from awmc.syntax.build import Builder
from awmc.syntax.cut import CLOSERS, HEADS, Brackets, Layout, cut, match_brackets, stands_for, where_missing
from awmc.syntax.expected import accepted, describe_found
from awmc.syntax.failure import Failure
from awmc.syntax.grammar import END
from awmc.syntax.habits import LACKING, find_mend, unexpected
from awmc.syntax.habits.brackets import BEFORE_A_HEAD
from awmc.syntax.habits.trial import head_fix, meant_head
from awmc.syntax.lalr import Parse
from awmc.syntax.lenient import MOST, Reader, lower_snake
from awmc.syntax.tokens import Token, tokenize

_MOST_OF_ONE = 25

# What stands in for a head that cannot be read.
_HEADS = {
    "env": 'env x ""',
    "entity": "entity X",
    "tool": "tool x()",
    "action": "action x()",
    "task": 'task x ""',
}

_NAMES = ("NAME", "TYPE")
# Keywords that nobody gives to anything else, and where a line begins.
_JOINING = ("AND", "OR", "THEN", "WHERE", "IS", "CONTAINS")
_BEGINNING = (
    "let",
    "require",
    "update",
    "delete",
    "for",
    "fail",
    "return",
    "fails",
    "solve",
    "answer",
    "ensure",
)


def recover(source: Source) -> tuple[ast.Spec, tuple[Diagnostic, ...]]:
    """The sound declarations of a text, and its mistakes in source order, at least one."""
    reader = Reader(source)
    if reader.is_full:
        return ast.Spec(Span(0, len(source.text)), ()), tuple(sorted(reader.problems))
    layout = Layout(source)
    found = list(reader.problems)
    items: list[ast.Declaration] = []
    told_names: set[str] = set()
    pieces = cut(reader.tokens, layout)
    for number, piece in enumerate(pieces):
        behind = pieces[number + 1][0] if number + 1 < len(pieces) else reader.tokens[-1]
        mistakes = _Declaration(source, layout, piece, behind, reader.mended)
        item = mistakes.read() if len(found) < MOST else None
        found += [problem for problem in mistakes.problems if _is_news(problem, told_names)]
        span = Span(piece[0].start, behind.start)
        if item is not None and not any(span.start <= problem.span.start < span.end for problem in found):
            items.append(item)
    if not found:
        # Unreachable as long as every parse that stops is told; an error must never pass for none.
        place = Span.at(0)
        found.append(
            diagnose("AWM002", place, source=source.name, expected="a declaration", found="something else")
        )
    spec = ast.Spec(Span(0, len(source.text)), tuple(items))
    return spec, tuple(sorted(_alone_on_line(set(found), layout))[:MOST])


def _alone_on_line(found: set[Diagnostic], layout: Layout) -> list[Diagnostic]:
    """Without the mistakes on a line where a text is not closed: which of its words are text cannot be told."""
    torn = {layout.line(each.span.start) for each in found if each.code == "AWM007"}
    return [each for each in found if each.code == "AWM007" or layout.line(each.span.start) not in torn]


def _is_news(problem: Diagnostic, told: set[str]) -> bool:
    """A name in the wrong style is told where it stands first."""
    if problem.code not in ("AWM018", "AWM019"):
        return True
    key = f"{problem.title}"
    if problem.hint is not None:
        key = lower_snake(problem.hint)
    if key in told:
        return False
    told.add(key)
    return True


class _Declaration:
    """One declaration under repair."""

    def __init__(
        self, source: Source, layout: Layout, tokens: list[Token], behind: Token, mended: set[int]
    ) -> None:
        self.problems: list[Diagnostic] = []
        self._source = source
        self._layout = layout
        self._tokens = [*tokens, Token(END, "", behind.start, behind.start)]
        self._behind = behind
        self._mended = set(mended)
        self._doubtful: set[int] = set()

    def read(self) -> ast.Declaration | None:
        """The node of the declaration, mended where it had to be; None where that was not possible."""
        head = self._tokens[0]
        if head.text not in HEADS and not self._known_head(head):
            return None
        brackets = self._settle_brackets()
        for _ in range(_MOST_OF_ONE):
            parse = Parse("item")
            at = parse.run(self._tokens)
            if at == len(self._tokens):
                builder = Builder(self._source.name)
                node: ast.Declaration = builder(parse.tree)
                lines = {self._layout.line(problem.span.start) for problem in self.problems}
                self.problems += [p for p in builder.problems if self._layout.line(p.span.start) not in lines]
                return node
            at = self._step_back(at)
            # The token at which it stopped may have reduced what another would have gone on with.
            stopped = Parse("item")
            stopped.run(self._tokens[:at])
            failure = Failure(
                self._source,
                self._layout,
                self._tokens,
                at,
                stopped,
                accepted(stopped),
                brackets,
                self._behind,
            )
            if not self._mend(failure):
                return None
            brackets = match_brackets(self._tokens[:-1], self._layout)
        return None

    # ---- Heads ----

    def _known_head(self, head: Token) -> bool:
        """Tells of a declaration that begins with no keyword; whether it can be read all the same."""
        word = head.text
        if head.kind not in ("NAME", "TYPE"):
            if head.start in self._mended:
                return False
            if head.text in CLOSERS.values() and head.kind != "STRING":
                fix = Fix(head.span, "", f"leave `{word}` out")
                self._say("AWM005", head, close=word, fixes=[fix])
                return False
            help = BEFORE_A_HEAD.get(head.text)
            self._say("AWM002", head, expected="a declaration", found=describe_found(head), help=help)
            return False
        if word.lower() in LACKING and stands_for(head) is None:
            self._say("AWM042", head, word=word, help=LACKING[word.lower()])
            return False
        if head.start in self._mended:
            return False
        hint, count = meant_head(self._tokens)
        fixes = [head_fix(self._tokens, hint, count)] if hint is not None else []
        self._say("AWM020", head, word=word, hint=hint if count else None, fixes=fixes)
        if hint is None:
            return False
        # Read as what it stands for, so that the mistakes of its body are told too.
        made = tokenize(hint)[:-1]
        for token in made:
            token.start, token.end = head.start, head.end
        self._tokens[:count] = made
        self._mended.add(head.start)
        return True

    def _say(self, code: str, token: Token, **said: object) -> None:
        self.problems.append(diagnose(code, token.span, source=self._source.name, **said))  # type: ignore[arg-type]

    # ---- Brackets ----

    def _settle_brackets(self) -> Brackets:
        """Puts in each `}` that is missing, and tells of it; a bracket that is closed by another kind is set right."""
        tokens = self._tokens[:-1]
        brackets = match_brackets(tokens, self._layout)
        for opened, closed in sorted(brackets.mismatched.items()):
            first, second = tokens[opened], tokens[closed]
            close = CLOSERS[first.text]
            self.problems.append(
                diagnose(
                    "AWM006",
                    second.span,
                    source=self._source.name,
                    open=first.text,
                    close=second.text,
                    secondary=[Label(first.span, "it is opened here")],
                    fixes=[Fix(second.span, close, f"write `{close}`")],
                )
            )
            kind = {")": "RPAR", "]": "RSQB", "}": "RBRACE"}[close]
            self._tokens[closed] = Token(kind, close, second.start, second.end)
            self._mended.add(second.start)
        missing = []
        for opened in sorted(brackets.unclosed):
            if tokens[opened].text == "{":
                missing.append(
                    (where_missing(tokens, opened, brackets.indents[opened], self._layout), opened)
                )
        for place, opened in sorted(missing, reverse=True):
            first, before = tokens[opened], tokens[place - 1]
            self.problems.append(
                diagnose(
                    "AWM004",
                    Span.at(before.end),
                    source=self._source.name,
                    close="}",
                    secondary=[Label(first.span, "this `{` is never closed")],
                )
            )
            self._tokens.insert(place, Token("RBRACE", "}", before.end, before.end))
            self._mended.add(before.end)
        return match_brackets(self._tokens[:-1], self._layout) if missing or brackets.mismatched else brackets

    # ---- Mistakes ----

    def _mend(self, failure: Failure) -> bool:
        """Tells of the mistake at which a parse stopped, and mends it; whether that could be done."""
        mend = None if self._follows(failure) else find_mend(failure)
        if mend is not None:
            self.problems.append(mend.diagnostic)
            if not mend.certain:
                self._doubtful.add(self._place_of_unit(failure))
        else:
            mend = unexpected(failure)
            if not self._follows(failure):
                self.problems.append(mend.diagnostic)
            if failure.unit() is None:
                return self._replace_head(failure)
        if mend.start == mend.end and not mend.tokens:
            return False
        self._tokens[mend.start : mend.end] = mend.tokens
        self._mended.update(token.start for token in mend.tokens)
        return True

    def _replace_head(self, failure: Failure) -> bool:
        """Puts a head that can be read in the place of one that cannot, so that mistakes of the body are told too."""
        head = _HEADS.get(self._tokens[0].text)
        last = len(self._tokens) - 2
        body = next((opened for opened, close in failure.brackets.pairs.items() if close == last), None)
        if head is None or body is None or body <= failure.at or self._tokens[body].text != "{":
            return False
        made = tokenize(head)[:-1]
        for token in made:
            token.start = token.end = self._tokens[0].start
        self._tokens[:body] = made
        return True

    def _step_back(self, at: int) -> int:
        """Where the mistake is, if a word was read as a name because something before it is missing: `x: int =`, and on
        the next line `y: text`.
        """
        for place in range(at - 1, max(at - 6, 0), -1):
            token, earlier = self._tokens[place], self._tokens[place - 1].text
            misread = token.kind == "NAME" and token.word in _JOINING and earlier not in (".", "{", ",", "(")
            if misread and token.start not in self._mended:
                return place
        word, token = self._tokens[at - 1], self._tokens[at]
        if (
            at < 2
            or word.kind not in _NAMES
            or not self._layout.begins_line(word)
            or word.start in self._mended
        ):
            return at
        earlier = self._tokens[at - 2].text
        if self._tokens[0].text == "entity" and token.text == ":":
            return at - 1 if word.kind == "TYPE" or earlier in (":", "=", "[", "..") else at
        return (
            at - 1
            if word.kind == "NAME" and word.text in _BEGINNING and token.text not in ("(", ":", ".")
            else at
        )

    def _follows(self, failure: Failure) -> bool:
        """Whether the mistake comes of one that was told: at a token that stands for what was not one, right behind
        it, or in a unit that was mended by a guess.
        """
        before = failure.back(1)
        if failure.token.start in self._mended and failure.token.kind != END:
            return True
        if before is not None and before.start in self._mended:
            return True
        return self._place_of_unit(failure) in self._doubtful

    def _place_of_unit(self, failure: Failure) -> int:
        unit = failure.unit()
        return failure.tokens[unit.start if unit is not None else 0].start
