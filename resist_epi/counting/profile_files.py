"""The matrix files of deepTools: what computeMatrix writes and plotHeatmap and plotProfile open.

Gzip; the first line is `@` and settings as JSON, then a row a region: `chrom start end name score
strand` and the bins of all samples side by side (deepTools 3.5, heatmapper).
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import deflate
import numpy as np
import pandas as pd

from resist_epi.arrays import AnyFloat, FloatArray
from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.errors import InputFormatError, in_file, quoted, shortened
from resist_epi.io.lines import whole_number
from resist_epi.io.store import atomic_path, parse_json, read_text
from resist_epi.tracks.engine.runs import MAX_COORDINATE

_UNPACKED = 400 << 20  # bytes that are read however well they pack: a matrix may be zeros alone

_WINDOW = ("upstream", "downstream", "body", "bin size")

_BED = ["chrom", "start", "end", "region_id", "score", "strand"]


def read_profile_matrix(path: str | Path) -> ProfileMatrix:
    """Read a matrix file of deepTools or of ours.

    Returns
    -------
    ProfileMatrix
        Its regions have a column `group` with the label of their group.

    Raises
    ------
    InputFormatError
        If it is no such file, is cut short, or its samples have different windows.
    """
    head, _, body = read_text(path, unpacked=_UNPACKED).partition("\n")
    if not head.startswith("@{"):
        raise InputFormatError(
            "not a matrix of signal along regions",
            path=path,
            line=1,
            expected="'@{' and settings, as computeMatrix writes them",
            found=quoted(head),
        )
    try:
        settings = parse_json(head[1:])
        samples = [str(s) for s in settings["sample_labels"]]
        sample_edges = _edges(settings["sample_boundaries"], len(samples))
        labels = [str(g) for g in settings["group_labels"]]
        group_edges = _edges(settings["group_boundaries"], len(labels))
        window = {
            k: _one(settings, k, path) for k in ("upstream", "downstream", "body", "bin size")
        }
        if len(set(samples)) < len(samples):
            raise ValueError("a sample is named twice")
    except InputFormatError:
        raise
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise InputFormatError(
            f"the settings of the matrix are damaged ({shortened(error)})", path=path, line=1
        ) from error
    regions, values = _read_rows(path, body, sample_edges[-1], group_edges[-1])
    regions["group"] = np.repeat(labels, np.diff(group_edges))
    point = settings.get("ref point")
    point = (point or [None])[0] if isinstance(point, list) else point
    with in_file(path):
        return ProfileMatrix(
            {
                sample: values[:, a:b]
                for sample, a, b in zip(samples, sample_edges[:-1], sample_edges[1:], strict=True)
            },
            regions,
            bin_size=window["bin size"],
            before=window["upstream"],
            after=window["downstream"],
            body=window["body"],
            reference=str(point) if point else "TSS,TES",
            quantity=str(settings.get("quantity", "mean signal")),
            tested=_tested(settings.get("tested window")),
            title=shortened(settings["title"]) if settings.get("title") else "",
        )


def _tested(given: object) -> tuple[int, int] | None:
    """The tested window, as two whole numbers; None where the file does not say it."""
    if isinstance(given, list) and len(given) == 2 and all(isinstance(x, int) for x in given):
        return int(given[0]), int(given[1])
    return None


def _edges(given: list[Any], n: int) -> list[int]:
    """Where the parts of a side begin and end: n + 1 increasing whole numbers from 0."""
    edges = [int(edge) for edge in given]
    if len(edges) != n + 1 or not n:
        raise ValueError("labels and boundaries do not fit together")
    if edges[0] != 0 or sorted(edges) != edges:
        raise ValueError("boundaries do not rise from 0")
    return edges


def _one(settings: dict[str, Any], key: str, path: str | Path) -> int:
    """A setting that must be the same in every sample; deepTools keeps a list of it."""
    value = settings[key]
    values = {int(v) for v in (value if isinstance(value, list) else [value])}
    if len(values) != 1:
        raise InputFormatError(
            f"the samples of this matrix differ in {key!r}",
            path=path,
            line=1,
            found=", ".join(map(str, sorted(values))),
            remedy="make one matrix a window",
        )
    return values.pop()


def _read_rows(
    path: str | Path, body: str, n_values: int, n_rows: int
) -> tuple[pd.DataFrame, np.ndarray]:
    # What the first line claims is held against the rows before memory is taken for it.
    rows = [row for row in body.split("\n") if row.strip()]
    if len(rows) != n_rows:
        raise InputFormatError(
            "the matrix is cut short, or rows were added",
            path=path,
            expected=f"{n_rows} rows, as its first line says",
            found=f"{len(rows)}",
            remedy="copy or make the file again",
        )
    for number, row in enumerate(rows, start=2):
        n = row.count("\t") + 1
        if n != len(_BED) + n_values:
            raise InputFormatError(
                f"{n} columns in this row",
                path=path,
                line=number,
                expected=f"{len(_BED) + n_values}, as the first line says",
            )
    values = np.empty((n_rows, n_values), dtype=np.float32)
    regions = pd.DataFrame({name: pd.Series(dtype=str) for name in _BED})
    if rows:
        table = pd.read_csv(
            io.StringIO("\n".join(rows)),
            sep="\t",
            header=None,
            na_values=["nan", "NaN"],
            keep_default_na=False,
            quoting=csv.QUOTE_NONE,
            low_memory=False,
            dtype=dict.fromkeys(range(len(_BED)), str),
        )
        regions = table[range(len(_BED))].set_axis(_BED, axis=1).fillna("")
        numbers = table.iloc[:, len(_BED) :]
        if all(dtype.kind in "iuf" for dtype in numbers.dtypes):
            with np.errstate(over="ignore"):
                values[:] = numbers.to_numpy(np.float64)
        else:  # a text somewhere
            values[:] = np.inf
        if np.isinf(values).any():  # column by column, to say where
            for i in range(n_values):
                values[:, i] = _values(numbers[len(_BED) + i], path)
    regions = regions[["chrom", "start", "end", "strand", "region_id"]].copy()
    # A region of several blocks has comma-separated starts and ends: its span is shown.
    for name, block in (("start", 0), ("end", -1)):
        found = (whole_number(text.split(",")[block]) for text in regions[name])
        places = [p if p is not None and 0 <= p <= MAX_COORDINATE else None for p in found]
        if None in places:
            at = places.index(None)
            raise InputFormatError(
                f"the {name} of a region",
                path=path,
                line=at + 2,
                expected="a position in bases",
                found=repr(regions[name].iloc[at]),
            )
        regions[name] = np.array(places, dtype=np.int64)
    return regions, values


def _values(column: pd.Series, path: str | Path) -> FloatArray:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    with np.errstate(over="ignore"):
        too_large = np.isinf(numbers.astype(np.float32))
    bad = too_large | (np.isnan(numbers) & column.notna().to_numpy())
    if bad.any():
        row = int(np.argmax(bad))
        raise InputFormatError(
            "a value of the matrix",
            path=path,
            line=row + 2,
            expected="a number or nan",
            found=repr(str(column.iloc[row])),
        )
    return numbers


def write_profile_matrix(path: str | Path, matrix: ProfileMatrix, *, group: str = "group") -> None:
    """Write a matrix file that deepTools' plotHeatmap and plotProfile open.

    Parameters
    ----------
    group
        Column of the regions by which rows are grouped, if it is there; rows are reordered so that
        a group's stand together.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    labels = matrix.regions.get(group, pd.Series(["regions"] * len(matrix.regions)))
    names = list(dict.fromkeys(labels.astype(str)))
    order = np.argsort(pd.Categorical(labels.astype(str), names).codes, kind="stable")
    matrix = matrix.select(order.astype(np.int64))
    counts = [int((labels.astype(str) == n).sum()) for n in names]
    settings = _settings(matrix, names, counts)
    regions = matrix.regions
    table = pd.DataFrame(
        {
            "chrom": regions["chrom"],
            "start": regions["start"],
            "end": regions["end"],
            "region_id": regions.get("region_id", pd.Series(range(len(regions)))),
            "score": ".",
            "strand": regions.get("strand", "."),
        }
    )
    values = np.concatenate(list(matrix.values.values()), axis=1)
    text = _rows_as_text(table, values)
    head = json.dumps(settings, separators=(",", ":"))
    data = bytes(deflate.gzip_compress(f"@{head}\n{text}".encode(), 6))
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def _rows_as_text(regions: pd.DataFrame, values: AnyFloat) -> str:
    """A line a region, to the byte as pandas' `to_csv` makes them, in a fifth of the time."""
    as_text: dict[str, Any] = {
        "sep": "\t",
        "header": False,
        "index": False,
        "na_rep": "nan",
        "float_format": "%.6f",
    }
    left = regions.to_csv(**as_text).split("\n")[:-1]
    if len(left) != len(regions):  # a name goes over several lines
        table = pd.concat([regions, pd.DataFrame(values)], axis=1)
        return str(table.to_csv(**as_text))
    bins = "\t%.6f" * values.shape[1] + "\n"
    return "".join(a + bins % tuple(row.tolist()) for a, row in zip(left, values, strict=True))


def _settings(matrix: ProfileMatrix, names: list[str], counts: list[int]) -> dict[str, Any]:
    n = len(matrix.samples)
    scaled = matrix.body > 0
    return {
        "upstream": [matrix.before] * n,
        "downstream": [matrix.after] * n,
        "body": [matrix.body] * n,
        "bin size": [matrix.bin_size] * n,
        "ref point": [None if scaled else matrix.reference] * n,
        "verbose": False,
        "bin avg type": "mean",
        "missing data as zero": True,
        "min threshold": None,
        "max threshold": None,
        "scale": 1,
        "skip zeros": False,
        "nan after end": False,
        "proc number": 1,
        "sort regions": "keep",
        "sort using": "mean",
        "unscaled 5 prime": [0] * n,
        "unscaled 3 prime": [0] * n,
        "group_labels": names,
        "group_boundaries": [0, *np.cumsum(counts).tolist()],
        "sample_labels": list(matrix.samples),
        "sample_boundaries": [k * matrix.n_bins for k in range(n + 1)],
        "quantity": matrix.quantity,
        **({} if matrix.tested is None else {"tested window": list(matrix.tested)}),
        **({"title": matrix.title} if matrix.title else {}),
    }
