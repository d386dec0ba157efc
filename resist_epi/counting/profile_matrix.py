"""Signal along regions: what heatmaps and mean profiles are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import AnyFloat, FloatArray, IntArray
from resist_epi.errors import InputFormatError
from resist_epi.io.shown import Shown, listed


@dataclass(frozen=True, repr=False)
class ProfileMatrix(Shown):
    """Regions x bins of every sample, laid out as deepTools' computeMatrix does.

    A row runs from 5' to 3': rows of regions on the minus strand are reversed already.

    Attributes
    ----------
    values
        Sample -> (n_regions, n_bins) float32 or float64, in the order in which samples are shown;
        NaN where nothing is known. Read-only.
    regions
        n_regions rows; a column such as `direction` may group them.
    bin_size
        bp a bin.
    before, after
        bp upstream and downstream, multiples of `bin_size`.
    body
        Length in bp to which regions are scaled; 0 where rows stand around a point.
    reference
        Name of the point (`TSS`, `TES`, `center`), or of both ends where the body is scaled, as
        `TSS,TES`.
    quantity
        What a value is, for the colour bar.
    tested
        bp from the point between which regions were tested, where that is one window for all.
    title
        Mark, regions and n, for what stands above a figure.

    Raises
    ------
    InputFormatError
        If shapes disagree with the regions or the bins.
    """

    values: Mapping[str, AnyFloat]
    regions: pd.DataFrame
    bin_size: int
    before: int
    after: int
    body: int = 0
    reference: str = "TSS"
    quantity: str = "mean signal"
    tested: tuple[int, int] | None = None
    title: str = ""

    def __post_init__(self) -> None:
        total = self.before + self.body + self.after
        if self.bin_size <= 0 or total <= 0 or total % self.bin_size:
            raise InputFormatError(
                f"a profile of {total} bp cannot be cut into bins of {self.bin_size} bp",
                remedy="choose lengths that are multiples of the bin size",
            )
        shape = (len(self.regions), self.n_bins)
        frozen = {}
        for sample, given in self.values.items():
            array = np.asarray(given)
            if array.shape != shape:
                raise InputFormatError(
                    f"the profile of sample {sample!r} has another shape than its regions and bins",
                    expected=f"{shape[0]} x {shape[1]}",
                    found=" x ".join(map(str, array.shape)),
                )
            view = array.view()
            view.flags.writeable = False
            frozen[str(sample)] = view
        object.__setattr__(self, "values", MappingProxyType(frozen))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as its fields, for other processes: the read-only view of a mapping is not."""
        return type(self), tuple(
            dict(self.values) if field.name == "values" else getattr(self, field.name)
            for field in fields(self)
        )

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        body = f", bodies scaled to {self.body:,} bp" if self.body else ""
        reach = f"{self.before:,} bp before and {self.after:,} bp after"
        return f"ProfileMatrix: {len(self.regions):,} regions x {self.n_bins} bins", [
            ("quantity", self.quantity),
            ("samples", listed(self.samples)),
            ("around", f"{self.reference}: {reach}{body}"),
            ("bin size", f"{self.bin_size:,} bp"),
        ]

    @property
    def samples(self) -> tuple[str, ...]:
        """Names of the samples, in order."""
        return tuple(self.values)

    @property
    def n_bins(self) -> int:
        """Number of bins a row."""
        return (self.before + self.body + self.after) // self.bin_size

    @property
    def edges(self) -> FloatArray:
        """(n_bins + 1,) edges of the bins in bp from the point, or from the start of the body."""
        return np.arange(self.n_bins + 1, dtype=np.float64) * self.bin_size - self.before

    @property
    def centres(self) -> FloatArray:
        """(n_bins,) centres of the bins in bp, as `edges`."""
        return np.asarray(self.edges[:-1] + self.bin_size / 2)

    def select(self, rows: IntArray | NDArray[np.bool_]) -> ProfileMatrix:
        """Return these regions, by position or by mask, in the order given."""
        return replace(
            self,
            values={s: v[rows] for s, v in self.values.items()},
            regions=self.regions.iloc[rows].reset_index(drop=True),
        )

    def mean_profile(self, sample: str, rows: IntArray | NDArray[np.bool_]) -> FloatArray:
        """(n_bins,) mean over regions of one sample; NaN where no region has a value."""
        return nan_mean(self.values[sample][rows], axis=0)

    def mean_signal(self) -> FloatArray:
        """(n_regions,) mean over bins and samples; NaN where no bin has a value."""
        total = np.zeros(len(self.regions))
        count = np.zeros(len(self.regions))
        for array in self.values.values():
            known = np.isfinite(array)
            total += np.where(known, array, 0.0).sum(axis=1, dtype=np.float64)
            count += known.sum(axis=1)
        return _ratio(total, count)

    def average(self, groups: Mapping[str, str]) -> ProfileMatrix:
        """Return one profile a group: the mean of its samples, each counting the same.

        Parameters
        ----------
        groups
            Sample -> group, in the order in which groups are shown; samples that it lacks are
            left out.
        """
        names = dict.fromkeys(group for s, group in groups.items() if s in self.values)
        return replace(
            self,
            values={
                g: nan_mean(np.stack([v for s, v in self.values.items() if groups.get(s) == g]), 0)
                for g in names
            },
        )


def nan_mean(values: NDArray[Any], axis: int) -> FloatArray:
    """Mean of the finite values along an axis; NaN, without a warning, where there is none."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=axis, dtype=np.float64)
    count = known.sum(axis=axis)
    return _ratio(total, count)


def _ratio(total: NDArray[Any], count: NDArray[Any]) -> FloatArray:
    """Total over count, NaN where the count is 0."""
    out = np.full(total.shape, np.nan)
    np.divide(total, count, out=out, where=count > 0)
    return out
