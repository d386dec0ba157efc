"""The documentation's site: every page of the repository, the notebooks and the public names.

    python -m sphinx -W -b html -c docs . site

The source is the top of the repository, so that a link holds in the site as it does in the files.
Nothing is fetched and no notebook is run.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP))
rx = importlib.import_module("resist_epi")

project = "resist_epi"
author = copyright = "The resist_epi developers"
release = version = rx.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**", "notebooks/*.ipynb"]
exclude_patterns = ["**/.*", ".*", "build", "site", "resist_epi", "tests"]

# Headings have the names by which GitHub links to them.
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # pages of figures have sections of tables alone
nb_execution_mode = "off"

# Docstrings hold names of arguments and modules in single backticks: code, and no link.
default_role = "code"
napoleon_google_docstring = False
napoleon_use_rtype = False
autosummary_generate = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 88

html_theme = "furo"
html_title = f"resist_epi {version}"
html_copy_source = html_show_sourcelink = html_show_sphinx = False
html_baseurl = ""
html_additional_pages = {"index": "start.html"}
templates_path = ["templates"]

PUBLIC = "docs/reference/public"  # the page of the public names
_ROOMS = {"pipeline": "A whole study"}


def public_names() -> list[tuple[str, list[str]]]:
    """Room -> its public names, each in alphabetical order."""

    def room(name: str) -> str:
        return str(getattr(rx, name).__module__).split(".")[1]

    ordered = sorted(rx.__all__, key=lambda name: (room(name), name.lower()))
    return [(key, list(names)) for key, names in groupby(ordered, room)]


def reference() -> str:
    """The page of the public names: of each room a table, then every name with its docstring."""
    parts: list[str] = []
    for room, names in public_names():
        title = _ROOMS.get(room, room.capitalize())
        module = importlib.import_module(f"resist_epi.{room}")
        about = (module.__doc__ or "").strip().splitlines()[0]
        listed = [f"   resist_epi.{name}" for name in names]
        parts += [title, "=" * len(title), "", about, "", ".. autosummary::", "", *listed, ""]
        for name in names:
            kind = "class" if inspect.isclass(getattr(rx, name)) else "function"
            parts += [f".. auto{kind}:: resist_epi.{name}"]
            parts += ["   :members:", ""] if kind == "class" else [""]
    return "\n".join(parts)


def _fill(app: Sphinx, name: str, source: list[str]) -> None:
    if name == PUBLIC:
        source[0] += reference()


def setup(app: Sphinx) -> dict[str, Any]:
    """Let the page of the public names be filled when it is read."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}
