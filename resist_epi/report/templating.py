"""The page's templates, and our own style and script in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@cache  # compiled once a process: it takes longer than to fill them
def templates() -> tuple[Environment, Callable[[str], Markup]]:
    """The templates, which escape what they are given, and a reader of our own files for them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("resist_epi.report"),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def own_file(name: str) -> Markup:
        # Our own script and style: no text of a user's is in them.
        return Markup(environment.loader.get_source(environment, name)[0])  # type: ignore[union-attr]

    return environment, own_file
