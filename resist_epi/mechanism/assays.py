"""Other measurements of the same genes, and what each is expected to do where a mark changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.errors import DesignError, InputFormatError, unknown_name
from resist_epi.samples.presets import role


@dataclass(frozen=True)
class Assay:
    """A kind of measurement.

    Attributes
    ----------
    name
        As on the command line.
    title
        In words.
    expected
        Role of a mark -> sign of the change that goes with a gain of it, stated before any data
        are seen; a role that is missing has none.
    note
        Why, in a sentence.
    """

    name: str
    title: str
    expected: Mapping[str, int]
    note: str

    def sign(self, mark: str) -> int:
        """Expected sign for a gain of the mark: 1, -1, or 0 where none is stated."""
        return self.expected.get(role(mark) or "", 0)


ASSAYS: dict[str, Assay] = {
    a.name: a
    for a in (
        Assay(
            "expression",
            "RNA expression",
            {"repressive": -1, "active": 1},
            "polycomb-repressed promoters are silent; H3K36me3 is written during elongation",
        ),
        Assay(
            "proteomics",
            "protein abundance",
            {"repressive": -1, "active": 1},
            "as expression, further from chromatin: protein stability adds noise",
        ),
        Assay(
            "methylation",
            "DNA methylation",
            {},
            "no sign is stated: DNA methylation can replace H3K27me3 at a silent promoter or come"
            " with it",
        ),
    )
}

EVIDENCE_COLUMNS = ("gene", "effect", "pvalue", "base")


@dataclass(frozen=True)
class Evidence:
    """One measurement of the genes.

    Attributes
    ----------
    effects
        A row a gene: `gene` (symbol or id, unique), `effect` (log2 or the assay's own unit, the
        contrast of the study; NaN where there is none), `pvalue` (NaN where there is none), `base`
        (mean level; NaN where there is none).
    values
        (n_genes, n_patients) with the genes in the order of `effects` and the patients as columns;
        None where the file has effects alone.
    source
        What the file held, in words.

    Raises
    ------
    InputFormatError
        If a column is missing, a gene stands twice, or a P lies outside of 0 to 1.
    """

    assay: Assay
    effects: pd.DataFrame
    values: pd.DataFrame | None = None
    source: str = ""

    def __post_init__(self) -> None:
        missing = [c for c in EVIDENCE_COLUMNS if c not in self.effects]
        if missing:
            raise InputFormatError(f"evidence lacks the columns {', '.join(missing)}")
        twice = self.effects["gene"][self.effects["gene"].duplicated()]
        if len(twice):
            raise InputFormatError(f"evidence holds the gene {twice.iloc[0]!r} more than once")
        p = self.effects["pvalue"].to_numpy(np.float64)
        if ((p < 0) | (p > 1)).any():
            raise InputFormatError(
                f"evidence holds a P of {p[(p < 0) | (p > 1)][0]:g}", expected="0 to 1"
            )
        if self.values is not None and len(self.values) != len(self.effects):
            raise InputFormatError(
                f"{len(self.values)} rows of values for {len(self.effects)} genes of evidence"
            )


def assay_named(name: str) -> Assay:
    """The assay of a name.

    Raises
    ------
    DesignError
        If there is none.
    """
    if name not in ASSAYS:
        raise DesignError(unknown_name("assay", name, ASSAYS))
    return ASSAYS[name]
