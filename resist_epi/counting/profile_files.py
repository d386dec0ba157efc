"""The matrix files of deepTools: what computeMatrix writes and plotHeatmap and plotProfile open.

Gzip; the first line is `@` and settings as JSON, then a row a region: `chrom start end name score
strand` and the bins of all samples side by side (deepTools 3.5, heatmapper).
"""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.errors import InputFormatError, quoted, shortened
from resist_epi.io.store import atomic_path, parse_json, read_text

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
        sample_edges = [int(b) for b in settings["sample_boundaries"]]
        labels = [str(g) for g in settings["group_labels"]]
        group_edges = [int(b) for b in settings["group_boundaries"]]
        window = {
            k: _one(settings, k, path) for k in ("upstream", "downstream", "body", "bin size")
        }
        if len(samples) != len(sample_edges) - 1 or len(labels) != len(group_edges) - 1:
            raise ValueError("labels and boundaries do not fit together")
        if any([0, *sorted(e[1:])] != e for e in (sample_edges, group_edges)):
            raise ValueError("boundaries do not rise from 0")
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        if isinstance(error, InputFormatError):
            raise
        raise InputFormatError(
            f"the settings of the matrix are damaged ({shortened(error)})",
            path=path,
            line=1,
        ) from error
    regions, values = _read_rows(path, body, sample_edges[-1], group_edges[-1])
    regions["group"] = np.repeat(labels, np.diff(group_edges))
    point = settings.get("ref point")
    point = point[0] if isinstance(point, list) else point
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
    )


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
    width = body.partition("\n")[0].count("\t") + 1 - len(_BED)
    if body and width != n_values:
        raise InputFormatError(
            f"{width + len(_BED)} cells in the first row",
            path=path,
            line=2,
            expected=f"{len(_BED) + n_values}, as the first line says",
        )
    if n_rows > body.count("\n") + 1:
        raise _cut(path, n_rows, body.count("\n"))
    try:
        table = pd.read_csv(
            io.StringIO(body),
            sep="\t",
            header=None,
            names=[*_BED, *range(n_values)],
            index_col=False,
            na_values=["nan", "NaN"],
            keep_default_na=False,
            dtype=dict.fromkeys(("chrom", "region_id", "score", "strand"), str)
            | dict.fromkeys(("start", "end"), str)
            | dict.fromkeys(range(n_values), np.float32),
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise InputFormatError(
            f"the matrix has a damaged row ({shortened(error)})",
            path=path,
            expected=f"{len(_BED) + n_values} columns, numbers from the seventh on",
        ) from error
    if len(table) != n_rows:
        raise _cut(path, n_rows, len(table))
    regions = table[["chrom", "start", "end", "strand", "region_id"]].copy()
    # A region of several blocks has comma-separated starts and ends: its span is shown.
    regions["start"] = regions["start"].str.split(",").str[0].astype(np.int64)
    regions["end"] = regions["end"].str.split(",").str[-1].astype(np.int64)
    return regions, table[list(range(n_values))].to_numpy(np.float32)


def _cut(path: str | Path, expected: int, found: int) -> InputFormatError:
    return InputFormatError(
        "the matrix is cut short, or rows were added",
        path=path,
        expected=f"{expected} rows, as its first line says",
        found=str(found),
        remedy="copy or make the file again",
    )


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
    table = pd.concat([table, pd.DataFrame(values)], axis=1)
    text = table.to_csv(sep="\t", header=False, index=False, na_rep="nan", float_format="%.6f")
    data = gzip.compress(
        f"@{json.dumps(settings, separators=(',', ':'))}\n{text}".encode(), 6, mtime=0
    )
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


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
    }
