"""One value a gene of one layer, worked out once: what every question on gene sets reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import BoolArray, FloatArray, IntArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.genes.gene_sets import GeneSet, find_sets, names_of_genes, places_of
from resist_epi.genes.gene_values import gene_key, gene_rows, measured
from resist_epi.genes.loci import locus_ids, one_a_locus
from resist_epi.genes.matched import match_traits
from resist_epi.genes.symbols import SymbolTable
from resist_epi.genome.chromosomes import on_chromosomes
from resist_epi.model.fit import Fit
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.best_supported import order_of_support
from resist_epi.stats.linear.least_squares import whitened_effects
from resist_epi.stats.multiple import directions
from resist_epi.stats.sets.set_tests import t_to_z


@dataclass(frozen=True, eq=False)
class GeneLevel:
    """The genes of a layer: which region speaks for each, its locus, its values.

    What follows from the fields is worked out when it is first read, and kept.

    Attributes
    ----------
    results
        The contract's result columns, a row a region.
    fit, contrast, design
        What `results` was made from, row by row, or None.
    matrix
        What was fitted, or None; relabelling needs it where that was a count model.
    symbols
        Previous and alias symbols; those that are not ambiguous are understood on both sides.
    covariates
        By `gene_id`: `length` (bp), `cpg_island` (bool or missing) and other numbers, as far as
        known.
    domains
        Regions of a broad mark, called blind to the groups: the genes of one are one locus.
    lfc_threshold
        Null hypothesis of the tests of `results`. Sets are always held against no change: of a
        test against a threshold most statistics are 0, and a set's rest on a few genes.
    mark
        Name of the mark or assay, for what is said of the genes.

    Raises
    ------
    InputFormatError
        As `gene_values.gene_rows`, once the genes are asked for.
    """

    results: pd.DataFrame
    fit: Fit | None = None
    contrast: Contrast | None = None
    design: Design | None = None
    matrix: CountMatrix | None = None
    symbols: SymbolTable | None = None
    covariates: pd.DataFrame | None = None
    domains: pd.DataFrame | None = None
    lfc_threshold: float = 0.0
    mark: str = ""

    @cached_property
    def rows(self) -> IntArray:
        """(n_genes,) the row of `results` that speaks for each."""
        return gene_rows(self.results)

    @cached_property
    def genes(self) -> pd.DataFrame:
        """These rows, numbered from 0."""
        return self.results.iloc[self.rows].reset_index(drop=True)

    @cached_property
    def change(self) -> FloatArray:
        """(n_genes,) log2 fold change."""
        return self.genes["log2FoldChange"].to_numpy(np.float64)

    @cached_property
    def signal(self) -> FloatArray:
        """(n_genes,) mean over all units, which is blind to the groups."""
        return self.genes["baseMean"].to_numpy(np.float64)

    @cached_property
    def z(self) -> FloatArray:
        """(n_genes,) normal scores of the genes' own tests against no change; NaN without one."""
        stat, df = (self.genes[c].to_numpy(np.float64) for c in ("stat", "df"))
        if self.lfc_threshold > 0:
            error = self.genes["lfcSE"].to_numpy(np.float64)
            stat = np.where(np.isfinite(stat), self.change / error, np.nan)
        return t_to_z(stat, df)

    @cached_property
    def measured(self) -> BoolArray:
        """(n_genes,) whether it changes by a number and, where any gene has a test, has one."""
        return measured(self.genes)

    @cached_property
    def locus(self) -> IntArray:
        """(n_genes,) number of each gene's locus."""
        found = locus_ids(self.genes, domains=self.domains)
        return pd.factorize(found)[0].astype(np.int64)

    @cached_property
    def bases(self) -> FloatArray:
        """(n_genes,) bp of all of the gene's regions that were tested."""
        table = self.results
        tested = table["stat"].notna()
        kept = tested if tested.any() else ~tested
        bases = (table["end"] - table["start"]).where(kept, 0).groupby(gene_key(table)).sum()
        return bases.reindex(gene_key(self.genes)).to_numpy(np.float64)

    @cached_property
    def traits(self) -> pd.DataFrame:
        """A row a gene: what random sets are matched on (`matched.match_traits`)."""
        return match_traits(self.genes, self.covariates)

    @cached_property
    def islands(self) -> BoolArray:
        """(n_genes,) whether the promoter is a CpG island, as far as known."""
        known, ids = self.covariates, self.genes["gene_id"]
        if known is None or "cpg_island" not in known:
            return np.zeros(len(ids), dtype=bool)
        flags = known["cpg_island"].reindex(ids).astype("boolean").fillna(False)
        return flags.to_numpy(dtype=bool)

    @property
    def has_effects(self) -> bool:
        """Whether there is a fit with a contrast of coefficients; that of a hazard has none."""
        contrast = self.contrast
        return self.fit is not None and contrast is not None and bool(contrast.vector.any())

    @cached_property
    def effects(self) -> FloatArray:
        """(n_genes, 1 + residual df) the contrast's effect and the residual ones; NaN untested.

        Raises
        ------
        DesignError
            If there is no fit with a contrast.
        """
        if self.fit is None or self.contrast is None:
            raise DesignError("effects of genes need a fit with a contrast")
        with np.errstate(invalid="ignore", divide="ignore"):
            effects = whitened_effects(self.fit.linear, self.contrast.vector, self.rows)
        effects[~np.isfinite(self.z)] = np.nan
        return effects

    @cached_property
    def with_change(self) -> BoolArray:
        """(n_genes,) whether it has a fold change, tested or not."""
        return np.isfinite(self.change)

    @cached_property
    def symbol(self) -> NDArray[np.object_]:
        """(n_genes,) symbols."""
        return self.genes["symbol"].to_numpy(dtype=object)

    @cached_property
    def support(self) -> IntArray:
        """(n_genes,) place of each in the order of `order_of_support`, from 0."""
        return np.argsort(order_of_support(self.genes)).astype(np.int64)

    @cached_property
    def on_x(self) -> BoolArray:
        """(n_genes,) whether it lies on the X chromosome."""
        return on_chromosomes(self.genes["chrom"], ["X"])

    def best_first(self, index: IntArray) -> IntArray:
        """These positions, the best supported gene first."""
        return index[np.argsort(self.support[index])]

    @cached_property
    def _places(self) -> dict[str, int]:
        return self._places_of(self.measured)

    @cached_property
    def _all_places(self) -> dict[str, int]:
        return self._places_of(np.ones(len(self.genes), dtype=bool)) | self._places

    @cached_property
    def _names(self) -> tuple[list[str], list[str], list[str]]:
        ids = self.genes["gene_id"].tolist()
        return names_of_genes(self.symbol.tolist(), self.symbols, gene_ids=ids)

    def _places_of(self, usable: BoolArray) -> dict[str, int]:
        return places_of(self._names, usable & (self.symbol != ""))

    def members(
        self, gene_sets: Mapping[str, GeneSet], *, untested: bool = False, present: bool = False
    ) -> dict[str, IntArray]:
        """Set -> increasing positions of its genes, of those measured.

        Parameters
        ----------
        untested
            Also those that have a fold change and no test. A name that a measured gene has stays
            with it (`gene_values.one_a_symbol`).
        present
            All that have a region, measured or not.
        """
        places = self._all_places if present else self._places
        if untested:
            places = self._places_of(self.with_change) | places
        return find_sets(gene_sets, places, self.symbols)

    def one_a_locus(self, members: IntArray) -> IntArray:
        """Keep of each locus the member with the highest signal."""
        return one_a_locus(members, self.locus, self.signal)

    def directions(self, fdr: float) -> NDArray[np.object_]:
        """(n_genes,) `direction` at this level, whatever the results were written with."""
        if "padj" not in self.genes:
            return self.genes["direction"].to_numpy(dtype=object)
        change = self.genes["log2FoldChange"].fillna(self.genes["stat"])
        return directions(self.genes["padj"], change, fdr=fdr).astype(object)
