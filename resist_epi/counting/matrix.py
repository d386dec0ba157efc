"""The matrix that every step after counting works on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, DTypeLike, NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import InputFormatError, QuantityError, did_you_mean
from resist_epi.io.annotated import make_anndata
from resist_epi.io.shown import Shown, listed, ranged
from resist_epi.schema import QUANTITIES
from resist_epi.stats.linear.responses import row_blocks
from resist_epi.stats.rows import Rows, taken


@dataclass(frozen=True, repr=False)
class CountMatrix(Shown):
    """Regions x samples, checked once at construction; the arrays are read-only.

    Attributes
    ----------
    values
        (n_regions, n_samples) float64, not negative; in the unit of `quantity`. A row is NaN in
        all samples where there is no such place (past the end of its chromosome), and nowhere else.
        Handed over as float32, as bins of windows are, they stay so: sums of them need float64.
    regions
        Region table with n_regions rows.
    samples
        n_samples SampleIDs, unique.
    quantity
        `reads`, `recovered_reads`, `coverage_sum` (value x bp) or `mean_signal` (value per bp).
    library_sizes
        (n_samples,) float64, positive: reads, or total coverage (relative).
    size_factors
        (n_samples,) float64, positive, or None before normalisation. A sample's values are divided
        by its effective library size, `library_sizes * size_factors`.
    offsets
        (n_regions, n_samples) float64 natural-log offsets, or None. Those of windows are `Rows`.
    expected
        (n_regions, n_samples) float64 natural log of how much signal a sample has for reasons other
        than the mark (copy number, input), or None. Normalisation takes it out before factors are
        estimated, and adds it to the offsets.
    metadata
        What is worth knowing of how the matrix was made; plain JSON values.

    Raises
    ------
    InputFormatError
        If shapes disagree, a sample is named twice, or a value is negative or not finite (the
        message names the region and the sample).
    QuantityError
        If the quantity is unknown.
    """

    values: FloatArray
    regions: pd.DataFrame
    samples: tuple[str, ...]
    quantity: str
    library_sizes: FloatArray
    size_factors: FloatArray | None = None
    offsets: FloatArray | None = None
    expected: FloatArray | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.regions), len(self.samples))
        if self.quantity not in QUANTITIES:
            raise QuantityError(
                f"unknown quantity {self.quantity!r}; expected one of {', '.join(QUANTITIES)}"
            )
        if len(set(self.samples)) != len(self.samples):
            twice = sorted({s for s in self.samples if self.samples.count(s) > 1})
            raise InputFormatError(f"sample named twice in the matrix: {', '.join(twice)}")
        object.__setattr__(self, "samples", tuple(map(str, self.samples)))
        single = getattr(self.values, "dtype", None) == np.float32
        kept = np.float32 if single else np.float64
        object.__setattr__(self, "values", _frozen(self.values, shape, "values", kept))
        self._check_values()
        for name, expected in (
            ("library_sizes", shape[1:]),
            ("size_factors", shape[1:]),
            ("offsets", shape),
            ("expected", shape),
        ):
            array = getattr(self, name)
            if array is None or (isinstance(array, Rows) and array.shape == expected):
                continue  # rows that are made of an array that was looked at
            array = _frozen(array, expected, name)
            any_sign = name in ("offsets", "expected")
            bad = ~np.isfinite(array) | ((array <= 0) & (not any_sign))
            if bad.any():
                sample = self.samples[int(np.argwhere(bad)[0][-1])]
                raise InputFormatError(
                    f"{name} of sample {sample!r} is {array[bad][0]:g}",
                    expected="a finite number" + ("" if any_sign else " above 0"),
                    remedy="a library without any signal cannot be compared: leave the sample out,"
                    " or give its LibrarySize in the sheet",
                )
            object.__setattr__(self, name, array)

    def _check_values(self) -> None:
        # min and max see NaN too, and cost no temporary of the matrix's size.
        if self.values.size == 0 or (self.values.min() >= 0 and self.values.max() < np.inf):
            return
        wrong = ~np.isfinite(self.values) | (self.values < 0)
        wrong &= ~self.unplaced[:, None]
        if not wrong.any():
            return
        row, column = map(int, np.argwhere(wrong)[0])
        region = self.regions.iloc[row]
        raise InputFormatError(
            f"region {region['region_id']} ({region['chrom']}:{region['start']}-{region['end']}),"
            f" sample {self.samples[column]!r}: {self.values[row, column]:g}",
            expected="finite values, not negative",
            remedy="tracks of log ratios or with input subtracted cannot be tested as signal",
        )

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        quantity = self.quantity.replace("_", " ")
        kinds = list(dict.fromkeys(self.regions["kind"])) if "kind" in self.regions else []
        factors = "" if self.size_factors is None else ranged(self.size_factors)
        offsets = [name for name in ("offsets", "expected") if getattr(self, name) is not None]
        return f"CountMatrix: {len(self.regions):,} regions x {len(self.samples)} samples", [
            ("quantity", quantity),
            ("regions", listed(kinds)),
            ("samples", listed(self.samples)),
            ("library sizes", ranged(self.library_sizes)),
            ("normalization", str(self.metadata.get("normalization", ""))),
            ("size factors", factors),
            ("also", ", ".join(offsets)),
        ]

    @property
    def unplaced(self) -> NDArray[np.bool_]:
        """(n_regions,) whether there is no such place, so that no sample has a value."""
        if not self.samples:
            return np.zeros(len(self.values), dtype=bool)
        missing: NDArray[np.bool_] = np.isnan(self.values[:, 0])
        missing[missing] = np.isnan(self.values[missing]).all(axis=1)
        return missing

    def filled(self) -> CountMatrix:
        """The matrix with 0 where there is no such place: it has no signal, and is not tested."""
        none = self.unplaced
        if not none.any():
            return self
        return replace(self, values=read_only(np.where(none[:, None], 0.0, self.values)))

    @property
    def effective_library_sizes(self) -> FloatArray:
        """(n_samples,) library sizes x size factors."""
        if self.size_factors is None:
            return self.library_sizes
        return np.asarray(self.library_sizes * self.size_factors, dtype=np.float64)

    def select(
        self, *, regions: ArrayLike | None = None, samples: Sequence[str] | None = None
    ) -> CountMatrix:
        """Return the part with these regions (a mask or positions) and samples, in this order.

        The matrix itself where that is all of it.
        """
        every = samples is None or tuple(samples) == self.samples
        plain = self.regions.index.equals(pd.RangeIndex(len(self.regions)))
        if regions is None and every and plain:
            return self
        rows = np.arange(len(self.regions)) if regions is None else np.asarray(regions)
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        columns = np.arange(len(self.samples))
        if not every:
            columns = np.array([self._position(s) for s in samples or ()], dtype=np.intp)
        cells = (rows,) if every else np.ix_(rows, columns)
        return replace(
            self,
            values=read_only(self.values[cells]),
            regions=self.regions.iloc[rows].reset_index(drop=True),
            samples=tuple(self.samples[i] for i in columns),
            library_sizes=self.library_sizes[columns],
            size_factors=None if self.size_factors is None else self.size_factors[columns],
            offsets=None if self.offsets is None else self._offsets_of(rows, cells),
            expected=None if self.expected is None else self.expected[cells],
        )

    def _offsets_of(self, rows: NDArray[Any], cells: tuple[Any, ...]) -> FloatArray | None:
        if isinstance(self.offsets, Rows) and len(cells) == 1:
            return taken(self.offsets, rows)
        return None if self.offsets is None else np.asarray(self.offsets)[cells]

    def table(self) -> pd.DataFrame:
        """The regions and a column of values a sample, as `write_table` and `plot_locus` take it.

        Raises
        ------
        InputFormatError
            If a sample has the name of one of the regions' columns.
        """
        twice = [name for name in self.samples if name in self.regions.columns]
        if twice:
            raise InputFormatError(
                f"the regions have a column {twice[0]!r} already", remedy="rename the sample"
            )
        values = pd.DataFrame(self.values, columns=list(self.samples), index=self.regions.index)
        return pd.concat([self.regions, values], axis=1)

    def to_anndata(self, samples: pd.DataFrame | None = None) -> Any:
        """The counts as an AnnData object, samples x regions, of the parts of `anndata_parts`.

        Parameters
        ----------
        samples
            As of `anndata_parts`.

        Raises
        ------
        MissingDependencyError
            Without anndata, with the line that installs it.
        """
        return make_anndata(self.anndata_parts(samples))

    def anndata_parts(self, samples: pd.DataFrame | None = None) -> dict[str, Any]:
        """What an AnnData object is made of, by the names of its arguments.

        Parameters
        ----------
        samples
            Table with a row a sample, in their order, for `obs` (`sheet.for_samples(...).table`).

        Returns
        -------
        dict
            `X` (n_samples, n_regions) float64; `obs` by sample, with `library_size` and, where
            there is one, `size_factor`; `var` by region_id; `layers` with `offsets` and `expected`
            where there are any; `uns` with `quantity` and, as JSON, `metadata`.
        """
        obs = pd.DataFrame(index=pd.Index(list(self.samples), name="sample"))
        if samples is not None:
            obs = samples.set_axis(obs.index).rename(columns=str)
        obs["library_size"] = self.library_sizes
        if self.size_factors is not None:
            obs["size_factor"] = self.size_factors
        named = {"offsets": self.offsets, "expected": self.expected}
        return {
            "X": self.values.T.copy(),
            "obs": obs,
            "var": self.regions.set_index("region_id"),
            "layers": {name: v.T.copy() for name, v in named.items() if v is not None},
            "uns": {"quantity": self.quantity, "metadata": json.dumps(dict(self.metadata))},
        }

    def _position(self, sample: str) -> int:
        try:
            return self.samples.index(sample)
        except ValueError:
            raise InputFormatError(
                f"no sample {sample!r} in the matrix",
                expected="one of " + ", ".join(self.samples),
                remedy=did_you_mean([sample], self.samples),
            ) from None

    def to_frame(self) -> pd.DataFrame:
        """Region columns, then a column a sample."""
        values = pd.DataFrame(self.values, columns=list(self.samples))
        return pd.concat([self.regions.reset_index(drop=True), values], axis=1)


def read_only(made: FloatArray) -> FloatArray:
    """An array that nobody else holds, as a matrix takes it over without a copy."""
    made.flags.writeable = False
    return made


def _frozen(
    array: ArrayLike, shape: tuple[int, ...], name: str, kept: DTypeLike = np.float64
) -> FloatArray:
    # Copies only when the caller could still write to it: a read-only base is passed through.
    result = np.asarray(array, dtype=kept)
    if result.shape != shape:
        raise InputFormatError(f"{name} has shape {result.shape}", expected=f"{shape}")
    if result.flags.writeable:
        result = result.copy() if result is array else result
        result.flags.writeable = False
    return result


def log_divisors(matrix: CountMatrix) -> FloatArray:
    """Natural log of what values are divided by to be comparable between samples.

    (n_regions, n_samples) with offsets, else (1, n_samples): log effective library sizes.
    """
    if matrix.offsets is not None:
        return matrix.offsets
    return np.asarray(np.log(matrix.effective_library_sizes)[None, :], dtype=np.float64)


def scaled(matrix: CountMatrix) -> FloatArray:
    """(n_regions, n_samples) values on the scale of a sample of the geometric mean library size.

    The common scale keeps the quantity's own unit; only differences between samples are taken away.
    """
    return scaled_cells(matrix, slice(None))


def scaled_cells(
    matrix: CountMatrix, rows: slice | NDArray[Any], columns: slice = slice(None)
) -> FloatArray:
    """As `scaled`, of some rows (a slice, positions or a mask) and samples."""
    divisors = log_divisors(matrix)
    own = divisors if matrix.offsets is None else divisors[rows]
    scale = np.exp(own[:, columns] - own.mean(axis=1, keepdims=True))
    return np.asarray(matrix.values[rows][:, columns] / scale, dtype=np.float64)


def scaled_means(matrix: CountMatrix) -> FloatArray:
    """(n_regions,) mean of each row of `scaled`, which is made a block of rows at a time."""
    means = np.empty(len(matrix.values))
    for rows in row_blocks(len(means)):
        means[rows] = scaled_cells(matrix, rows).mean(axis=1)
    return means
