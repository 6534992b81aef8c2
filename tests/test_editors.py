"""What colours specs without the language server: the grammar of VS Code, with its package, and the lexer of Pygments.

The words of both are those of the grammar of the language.
"""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from pygments import highlight
from pygments.formatters import NullFormatter
from pygments.token import Error, Keyword, Name, Token

from awmc import highlight as lexing
from awmc.cli.app import app
from awmc.highlight import AwmLexer
from awmc.lsp.server import SHOW_PROOF, SHOW_ROWS
from awmc.semantics.types import SCALARS
from awmc.source import Source
from awmc.syntax.cut import HEADS
from awmc.syntax.grammar import tables
from awmc.syntax.parse import parse
from tests.node import environment, install, run

ROOT = Path(__file__).resolve().parent.parent
VSCODE = ROOT / "editors" / "vscode"
SPECS = sorted((ROOT / "specs").glob("*.awm"))
TEXTS = {
    **{path.stem: path.read_text(encoding="utf-8") for path in SPECS},
    **{
        f"language-{number}": text
        for number, text in enumerate(
            re.findall(
                r"^```awm\n(.*?)^```",
                (ROOT / "docs" / "language.md").read_text(encoding="utf-8"),
                re.MULTILINE | re.DOTALL,
            )
        )
    },
}

pytestmark = pytest.mark.xdist_group("editors")


# ---- Visual Studio Code ----


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return environment(tmp_path_factory.mktemp("node"))


def test_the_grammar_of_vs_code_names_what_it_should(node: Mapping[str, str]) -> None:
    """The assertions stand in the comments of `editors/vscode/tests/`."""
    programs = install(VSCODE, node)
    said = run(VSCODE, node, "node", programs / "vscode-tmgrammar-test", "tests/*.awm")
    assert "grammar.awm run successfuly" in said


def test_the_extension_is_packaged(node: Mapping[str, str], tmp_path: Path) -> None:
    programs = install(VSCODE, node)
    package = tmp_path / "awm.vsix"
    run(VSCODE, node, "node", programs / "vsce", "package", "--allow-missing-repository", "-o", package)
    with zipfile.ZipFile(package) as files:
        names = set(files.namelist())
        manifest = json.loads(files.read("extension/package.json"))
    for path in (
        "client.js",
        "language-configuration.json",
        "syntaxes/awm.tmLanguage.json",
        "snippets/awm.json",
        "node_modules/vscode-languageclient/package.json",
    ):
        assert f"extension/{path}" in names
    assert not [
        name for name in names if name.startswith(("extension/tests/", "extension/node_modules/@vscode/vsce"))
    ]
    command = manifest["contributes"]["configuration"]["properties"]["awmc.command"]["default"]
    assert command[0] == "awmc"
    assert command[1] in {registered.name for registered in app.registered_commands}


def test_the_client_loads(node: Mapping[str, str]) -> None:
    """Without VS Code itself, whose module only exists inside of it."""
    install(VSCODE, node)
    script = """
      const Module = require("module");
      const load = Module._load;
      const said = [];
      class LanguageClient { constructor(...given) { said.push(given); } async start() {} async stop() {} }
      const vscode = {
        workspace: {
          getConfiguration: () => ({ get: () => ["python", "-m", "awmc", "lsp"] }),
          onDidChangeConfiguration: () => ({ dispose() {} }),
        },
      };
      Module._load = (name, ...more) =>
        name === "vscode" ? vscode : name === "vscode-languageclient/node" ? { LanguageClient } : load(name, ...more);
      const client = require("./client.js");
      client.activate({ subscriptions: [] }).then(async () => {
        await client.deactivate();
        console.log(JSON.stringify(said));
      });
    """
    ((identifier, _, server, options),) = json.loads(run(VSCODE, node, "node", "-e", script))
    assert identifier == "awmc"
    assert server == {"command": "python", "args": ["-m", "awmc", "lsp"]}
    assert options["documentSelector"] == [{"language": "awm"}]


def test_the_library_of_the_client_is_what_is_required(node: Mapping[str, str]) -> None:
    install(VSCODE, node)
    script = 'console.log(require.resolve("vscode-languageclient/node"))'
    assert "vscode-languageclient" in run(VSCODE, node, "node", "-e", script)


def grammar_words() -> set[str]:
    grammar = json.loads((VSCODE / "syntaxes" / "awm.tmLanguage.json").read_text(encoding="utf-8"))
    text = json.dumps([grammar["repository"][rule] for rule in ("word", "constant", "declaration")])
    return set(re.findall(r"(?<![\\a-z])[a-z]{2,}(?=[|)])", text))


def test_the_grammar_of_vs_code_knows_all_keywords_and_types() -> None:
    known = grammar_words()
    assert set(tables().keywords) - known == set()
    assert {*SCALARS} - known == set()


def test_snippets_are_of_the_language() -> None:
    snippets = json.loads((VSCODE / "snippets" / "awm.json").read_text(encoding="utf-8"))
    assert set(HEADS) <= {snippet["prefix"] for snippet in snippets.values()}
    for name, snippet in snippets.items():
        text = "\n".join(snippet["body"])
        filled = re.sub(r"\$\{\d+:([^{}]*)\}", r"\1", text)
        filled = re.sub(r"\(\$\d\)", "()", filled).replace("$2", "title")
        value = "x" if snippet["prefix"] in ("fn", "invariant", "toolr") else ""
        filled = filled.replace("$0", value).replace("condition", "a.b")
        if snippet["prefix"] == "require":
            filled = f"tool t() {{ {filled} }}"
        _, problems = parse(Source(name, filled))
        assert [problem.title for problem in problems] == [], filled


# ---- Pygments ----


@pytest.mark.parametrize("name", TEXTS)
def test_pygments_reads_every_spec(name: str) -> None:
    text = TEXTS[name]
    found = list(AwmLexer().get_tokens(text))
    assert [value for kind, value in found if kind in Error] == []
    assert "".join(value for _, value in found).strip() == text.strip()


def test_pygments_knows_words_of_the_language() -> None:
    listed = {*lexing.DECLARATIONS, *lexing.WORDS, *lexing.OPERATORS, *lexing.CONSTANTS}
    assert listed == set(tables().keywords)
    assert lexing.DECLARATIONS == HEADS
    assert set(lexing.TYPES) == {*SCALARS}
    kinds = {value: kind for kind, value in AwmLexer().get_tokens(TEXTS["clinic"])}
    assert kinds["require"] is Keyword
    assert kinds["book_visit"] is Name.Function
    assert kinds["@search"] is Name.Decorator
    assert kinds["{"] in (Token.Literal.String.Interpol, Token.Punctuation)


def test_pygments_finds_the_lexer_by_its_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    value = project["entry-points"]["pygments.lexers"]["awm"]
    assert EntryPoint("awm", value, "pygments.lexers").load() is AwmLexer
    assert highlight("entity A {}", AwmLexer(), NullFormatter()) == "entity A {}\n"


# ---- The page ----

PAGE = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_on_editors_names_what_there_is() -> None:
    (helix,) = blocks("toml")
    configured = tomllib.loads(helix)
    server = configured["language-server"]["awmc"]
    assert configured["language"][0]["language-servers"] == ["awmc"]
    assert [server["command"], *server["args"]] == ["awmc", "lsp"]
    manifest = json.loads((VSCODE / "package.json").read_text(encoding="utf-8"))
    assert f"awm-{manifest['version']}.vsix" in PAGE
    assert "package" in manifest["scripts"]
    for folder in re.findall(r"`(editors/\w+)`", PAGE):
        assert (ROOT / folder).is_dir()
    assert {SHOW_ROWS, SHOW_PROOF} == set(re.findall(r"`(awmc\.show\w+)`", PAGE))
