"""Matrices that are filled track by track, whatever the order in which tracks are done."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, read_only
from resist_epi.counting.past_ends import past_ends, true_lengths
from resist_epi.counting.tally import Tally
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.reconcile import reconcile_chromosomes, refuse_beyond_ends

logger = logging.getLogger(__name__)

# Where a library's size comes from, unless the sheet says it.
_SIZE_FROM = {"reads": "kept_reads"}


class MatrixFilling:
    """A matrix a table of regions, all of the same samples.

    Parameters
    ----------
    tables
        Name -> region table.
    samples
        SampleIDs, in the order of the columns.
    quantity
        As of `CountMatrix`.
    library_sizes
        (n_samples,) positive, NaN where unknown: there, or by default, the tally's own.
    """

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        samples: tuple[str, ...],
        *,
        quantity: str,
        library_sizes: FloatArray | None = None,
    ) -> None:
        self.tables = {name: table.reset_index(drop=True) for name, table in tables.items()}
        self.samples, self.quantity = samples, quantity
        n = len(samples)
        self._sizes = np.full(n, np.nan) if library_sizes is None else np.array(library_sizes)
        self._from_sheet = ~np.isnan(self._sizes)
        self._dropped = dict.fromkeys(tables, 0)
        self._values: dict[str, FloatArray] = {}
        self._reached: dict[str, Mapping[str, int]] = {}
        self._lengths: dict[str, int] = {}

    def keep_shared(
        self,
        lengths: Mapping[str, Mapping[str, int | None]],
        *,
        genome: Genome | None = None,
        known: Collection[Genome] = (),
    ) -> None:
        """Drop regions on chromosomes that no track has; the log says how many.

        Parameters
        ----------
        lengths
            Sample -> length in bp by chromosome, None where the format does not tell.
        genome
            Assembly of the regions, compared with the tracks'.
        known
            Assemblies by which a mismatch is explained.

        Raises
        ------
        GenomeMismatchError
            If chromosomes are absent from some of the tracks, or of other lengths, none is shared,
            or data lie beyond the end of a chromosome.
        """
        self._lengths = true_lengths(lengths.values(), genome)
        if genome is not None:
            refuse_beyond_ends(self._reached, genome)
        for name, table in self.tables.items():
            shared = reconcile_chromosomes(
                list(map(str, table["chrom"].unique())),
                lengths,
                genome=genome,
                known=known,
                annotation="the regions",
            )
            kept = table["chrom"].isin(shared).to_numpy(bool)
            dropped = int((~kept).sum())
            if not dropped:
                continue
            logger.info(
                "%d of %d regions are on chromosomes without any track and were dropped",
                dropped,
                len(table),
            )
            self._dropped[name] += dropped
            self.tables[name] = table[kept].reset_index(drop=True)
            if name in self._values:
                self._values[name] = self._values[name][kept]

    def add(self, sample: str, tally: Tally) -> None:
        """Fill in the column of a sample."""
        i = self.samples.index(sample)
        self._reached[sample] = tally.reached
        for name, values in tally.values.items():
            if name not in self._values:
                self._values[name] = np.empty((len(self.tables[name]), len(self.samples)))
            self._values[name][:, i] = values
        if not self._from_sheet[i]:
            self._sizes[i] = tally.library_size

    def matrices(self, **metadata: Any) -> dict[str, CountMatrix]:
        """The matrices, once every sample was added; regions past a chromosome's end are NaN.

        They are handed over as they were filled, not copied: nothing can be added afterwards.

        Raises
        ------
        InputFormatError
            If values are below zero, or a library holds nothing; with region and sample.
        """
        for name, table in self.tables.items():
            past = past_ends(table, self._lengths)
            if past.any() and name in self._values and self._values[name].flags.writeable:
                self._values[name][past] = np.nan
        own = _SIZE_FROM.get(self.quantity, "total_coverage")
        source = ["sheet" if given else own for given in self._from_sheet]
        return {
            name: CountMatrix(
                values=read_only(self._filled(name)),
                regions=table,
                samples=self.samples,
                quantity=self.quantity,
                library_sizes=self._sizes,
                metadata={
                    "library_size_from": source,
                    "regions_dropped": self._dropped[name],
                    **metadata,
                },
            )
            for name, table in self.tables.items()
        }

    def _filled(self, name: str) -> FloatArray:
        if name not in self._values:
            return np.empty((len(self.tables[name]), len(self.samples)))
        return self._values[name]
