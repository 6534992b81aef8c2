"""Templates: prepared data to text. They loop, choose and indent; they do not compute."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from awmc.resources import template_dir

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

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_dir()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        autoescape=False,
    )
