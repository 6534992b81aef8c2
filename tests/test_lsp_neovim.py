"""The language server in a real editor: Neovim, without a screen, with the plugin in `editors/neovim`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.editor import COMMAND

ROOT = Path(__file__).resolve().parent.parent


def test_neovim_speaks_with_the_server(tmp_path: Path) -> None:
    neovim = shutil.which("nvim")
    assert neovim is not None, "this test needs Neovim (Debian: apt install neovim)"
    spec, seen = tmp_path / "clinic.awm", tmp_path / "seen.json"
    shutil.copy(ROOT / "specs" / "clinic.awm", spec)
    words = ", ".join(json.dumps(word) for word in COMMAND)
    done = subprocess.run(
        [
            neovim, "--clean", "--headless", "-n",
            "--cmd", f"set runtimepath^={ROOT / 'editors' / 'neovim'}",
            "--cmd", f"lua vim.g.awmc_command = {{{words}}}",
            "-c", f"luafile {ROOT / 'tests' / 'neovim.lua'}",
        ],
        env={**os.environ, "SPEC": str(spec), "SEEN": str(seen), "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path),
             "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert seen.exists(), done.stderr
    found = json.loads(seen.read_text(encoding="utf-8"))
    assert "problem" not in found, found["problem"]
    assert found["message"] == "entity `Slot` has no field `start`\ndid you mean `starts`?"
    assert (found["action"], found["mended"]) == ("Write `starts`", True)
    assert "derived by `list` of `tools Doctor`" in found["hover"]
    assert found["declared"] == "list"
    assert {"fee", "id", "name", "specialty"} == set(found["items"])
    assert found["first"].startswith("# A small clinic")
    assert found["lenses"][:2] == ["2 rows of Patient", "3 rows of Doctor"]
    assert "not proved: awmc prove build/clinic" in found["lenses"]
    assert "| 1 | Dr. Lee | cardiology | 120.00 |" in found["rows"]
