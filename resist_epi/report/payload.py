"""Tables as they travel inside the page: columns, rounded, packed, and safe in any HTML."""

from __future__ import annotations

import base64
import json
from typing import Any

import deflate
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.schema import SHRUNKEN, names
from resist_epi.stats.best_supported import order_of_support

DIGITS = 4

_LEVEL = 7  # of libdeflate: a thirtieth smaller than zlib's best, in a sixth of its time

_CODED = ("chrom", "strand", "direction")

_TEXT = ("region_id", "gene_id", "symbol")

_NUMBERS = ("baseMean", "log2FoldChange", "pvalue", "padj")

_SYMBOL, _GENE = "\x01", "\x02"  # stand for the gene's names in the ids of its regions

_SHORTEST = 3  # letters of a name that is worth a mark

_SHRUNKEN = names(SHRUNKEN)


def pack(text: str) -> str:
    """Gzip and base64: a fifth of the size, and no character that HTML could take for a tag.

    The gzip header carries no time, so equal text gives equal bytes.
    """
    packed = deflate.gzip_compress(text.encode("utf-8"), _LEVEL)
    return base64.b64encode(packed).decode("ascii")


def pack_results(results: pd.DataFrame) -> str:
    """Pack a table of results for the page.

    Numbers are rounded to 4 significant digits; texts that repeat are coded; `start` is written as
    the step from the row before, `end` as the width, the interval as its `reach` to either side of
    the fold change, and a gene's own names in the ids of its regions as marks. Undefined numbers
    are null. Standard errors, statistics and degrees of freedom stay in the run's table.

    Parameters
    ----------
    results
        The contract's result columns; `high_confidence` and those of `schema.SHRUNKEN` are taken
        along where they are there, and `rank` is each row's place in the order of support.
    """
    start = results["start"].to_numpy(np.int64)
    reach = (results["ci_high"] - results["log2FoldChange"]).to_numpy(np.float64)
    known = "high_confidence" in results and results["high_confidence"].notna().any()
    coded = [*_CODED, *(("high_confidence",) if known else ())]
    text = {name: results[name].astype(str).tolist() for name in _TEXT}
    text["region_id"] = [_marked(*row) for row in zip(*(text[n] for n in _TEXT), strict=True)]
    packed: dict[str, Any] = {
        "n": len(results),
        "coded": {name: _coded(results[name]) for name in coded},
        "text": text,
        "step": np.diff(start, prepend=0).tolist(),
        "width": (results["end"].to_numpy(np.int64) - start).tolist(),
        "number": {
            name: rounded(results[name].to_numpy(np.float64))
            for name in (*_NUMBERS, *(c for c in _SHRUNKEN if c in results))
        }
        | {"reach": rounded(reach), "rank": np.argsort(order_of_support(results)).tolist()},
    }
    return pack(json.dumps(packed, separators=(",", ":"), allow_nan=False))


def _marked(region_id: str, gene_id: str, symbol: str) -> str:
    """An id in which the names of its gene are marks, where these are long enough."""
    for name, mark in ((symbol, _SYMBOL), (gene_id, _GENE)):
        if len(name) >= _SHORTEST and mark not in region_id:
            region_id = region_id.replace(name, mark)
    return region_id


def _coded(column: pd.Series) -> dict[str, Any]:
    codes, levels = pd.factorize(column.astype(str))
    return {"levels": [str(level) for level in levels], "codes": codes.tolist()}


def rounded(values: NDArray[np.float64], *, digits: int = DIGITS) -> list[float | None]:
    """Numbers of so many significant digits, as JSON writes them shortest; None if undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.floor(np.log10(np.abs(values)))
    usual = np.isfinite(exponent) & (np.abs(exponent) < 12)
    scale = 10.0 ** (digits - 1 - np.where(usual, exponent, 0))
    quick = np.round(values * scale) / scale
    return [
        None if not np.isfinite(v) else _short(float(q)) if ok else _short(float(f"{v:.{digits}g}"))
        for v, q, ok in zip(values, quick, usual, strict=True)
    ]


def _short(value: float) -> float:
    """The value that prints shortest: 3 for 3.0, and no digits of binary rounding."""
    value = float(f"{value:.12g}")
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
