"""Templates: prepared data to text. They loop, choose and indent; they do not compute."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from awmc.resources import cache_dir, template_dir

if TYPE_CHECKING:
    import jinja2


def render(template: str, data: Mapping[str, object]) -> str:
    """The text of `templates/<template>` with `data` filled in.

    A name that the template uses and the data lacks raises jinja2's UndefinedError.
    """
    return _environment().get_template(template).render(data)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    class Kept(jinja2.FileSystemBytecodeCache):
        """What templates compile to, by their text; without a writable cache folder nothing is kept."""

        def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
            with suppress(OSError):
                Path(self.directory).mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_dir()),
        bytecode_cache=Kept(str(cache_dir() / "templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        autoescape=False,
    )
