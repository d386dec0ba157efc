"""AnnData objects, for those who go on in scanpy and its like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resist_epi.io.optional import optional_library


def make_anndata(parts: Mapping[str, Any]) -> Any:
    """The AnnData object of such parts, by the names of its arguments.

    Raises
    ------
    MissingDependencyError
        Without anndata, with the line that installs it.
    """
    library = optional_library("anndata", extra="anndata", what="an AnnData object")
    return library.AnnData(**parts)
