"""Controls of known direction: genes or regions of which it is known whether they change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError
from resist_epi.io.tables import read_table

logger = logging.getLogger(__name__)

DIRECTIONS = ("gain", "loss", "none")

PLACE = ("chrom", "start", "end")

_SYMBOLS = ("symbol", "gene_name", "gene")

COLUMNS = ("known_n", "known_right", "known_right_sign", "known_none_median")

_NAMED = 5


@dataclass(frozen=True)
class Known:
    """Genes or regions and the direction in which each is known to change.

    Attributes
    ----------
    path
        The file.
    by
        `symbol`, `gene_id` or `place`.
    table
        Columns `name direction line`, of places `chrom start end` too; `mark`, where the file says
        of which mark a direction is.
    """

    path: Path
    by: str
    table: pd.DataFrame

    def of_mark(self, mark: str) -> Known | None:
        """What is known of one mark, a row without a mark being of any; None where that is nothing.

        Opposing marks do not change in one direction.
        """
        if "mark" not in self.table:
            return self
        rows = self.table["mark"].isin(["", mark.casefold()])
        kept = self.table[rows].reset_index(drop=True)
        return replace(self, table=kept) if len(kept) else None


def read_known(path: str | Path) -> Known:
    """Read a TSV with `symbol` or `gene_id` or `chrom start end`, and `direction`.

    A column `mark` (or `factor`) is understood, too.

    Raises
    ------
    InputFormatError
        If a column is missing, or a direction is none of gain, loss and none; with its line.
    """
    table = read_table(path)
    table.columns = [str(c).strip().lower() for c in table.columns]
    gene = next((c for c in (*_SYMBOLS, "gene_id") if c in table), None)
    places = all(c in table for c in PLACE)
    if "direction" not in table or not (gene or places):
        raise InputFormatError(
            "this is no table of known directions",
            path=path,
            line=table.attrs["first_row"] - 1,
            expected="columns symbol, gene_id or chrom start end, and direction",
            found=" ".join(map(str, table.columns[:12])),
        )
    lines = table.attrs["first_row"] + np.arange(len(table))
    direction = table["direction"].astype(str).str.strip().str.lower()
    wrong = ~direction.isin(DIRECTIONS).to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputFormatError(
            "this is no direction",
            path=path,
            line=int(lines[row]),
            expected="gain, loss or none",
            found=repr(str(table["direction"].iloc[row])),
        )
    kept = table[list(PLACE)].copy() if gene is None else pd.DataFrame(index=table.index)
    if gene is None:
        kept["name"] = [
            f"{c}:{s}-{e}" for c, s, e in table[list(PLACE)].itertuples(index=False, name=None)
        ]
    else:
        kept["name"] = table[gene].astype(str).str.strip()
    kept["direction"], kept["line"] = direction, lines
    mark = next((c for c in ("mark", "factor") if c in table), None)
    if mark is not None:
        kept["mark"] = table[mark].fillna("").astype(str).str.strip().str.casefold()
    by = "place" if gene is None else "gene_id" if gene == "gene_id" else "symbol"
    return Known(Path(path), by, kept.reset_index(drop=True))


@dataclass(frozen=True)
class Controls:
    """Known directions, found among the regions of an analysis.

    Attributes
    ----------
    expected
        (n_regions,) `gain`, `loss`, `none`, or empty where nothing is known.
    note
        How many were found, in words.
    """

    expected: NDArray[np.object_]
    note: str

    def judge(self, results: pd.DataFrame) -> dict[str, float]:
        """How results compare with what is known: the values of `COLUMNS`.

        `known_n` regions with a test; `known_right` whose call is the known direction;
        `known_right_sign`, the share with the right sign of those that change; and
        `known_none_median`, the median log2 fold change of those that do not.
        """
        known = (self.expected != "") & results["pvalue"].notna().to_numpy()
        expected, change = self.expected[known], results["log2FoldChange"].to_numpy()[known]
        sign = np.select([expected == "gain", expected == "loss"], [1, -1], 0)
        moves, still = sign != 0, change[sign == 0]
        right = results["direction"].to_numpy()[known] == expected
        return {
            "known_n": int(known.sum()),
            "known_right": int(right.sum()),
            "known_right_sign": float((np.sign(change) == sign)[moves].mean())
            if moves.any()
            else np.nan,
            "known_none_median": float(np.median(still)) if len(still) else np.nan,
        }


def find_controls(known: Known, regions: pd.DataFrame) -> Controls:
    """Find known genes or places among regions; every region of a gene is a control.

    Raises
    ------
    InputFormatError
        If none is found, or one region is known to have two directions; with the lines.
    """
    expected, absent = known_regions(known, regions)
    found = len(known.table) - len(absent)
    note = f"{found} of {len(known.table)} in {known.path.name} found"
    if absent:
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        note += f", not {', '.join(map(str, absent[:_NAMED]))}{more}"
        logger.warning("known directions: %s", note)
    return Controls(expected, note)


def known_regions(known: Known, regions: pd.DataFrame) -> tuple[NDArray[np.object_], list[str]]:
    """(n_regions,) direction known of each, empty where none is; and the names that no region has.

    Raises
    ------
    InputFormatError
        As `find_controls`.
    """
    expected = np.full(len(regions), "", dtype=object)
    of_line = np.zeros(len(regions), dtype=np.int64)
    rows_of = _rows_of(known, regions)
    absent = []
    for name, direction, line, rows in zip(
        known.table["name"], known.table["direction"], known.table["line"], rows_of, strict=True
    ):
        if not len(rows):
            absent.append(name)
            continue
        other = rows[(expected[rows] != "") & (expected[rows] != direction)]
        if len(other):
            raise InputFormatError(
                f"{name} is {direction} here and {expected[other[0]]} in line"
                f" {of_line[other[0]]}, of one region",
                path=known.path,
                line=int(line),
                remedy="leave one of them out",
            )
        expected[rows], of_line[rows] = direction, line
    if len(absent) == len(known.table):
        raise InputFormatError(
            f"none of the {len(absent)} known directions is of a region here",
            path=known.path,
            found=", ".join(map(str, absent[:_NAMED])),
            remedy="give names as the regions have them, or chrom start end of the same assembly",
        )
    return expected, absent


def _rows_of(known: Known, regions: pd.DataFrame) -> list[NDArray[np.intp]]:
    """The rows of the regions that each known gene or place has."""
    if known.by == "place":
        chrom, start, end = (regions[c].to_numpy() for c in PLACE)
        return [
            np.flatnonzero((chrom == c) & (start < e) & (end > s))
            for c, s, e in known.table[list(PLACE)].itertuples(index=False, name=None)
        ]
    if known.by not in regions:
        return [np.zeros(0, dtype=np.intp)] * len(known.table)
    names = regions[known.by].astype(str).str.upper().to_numpy()
    rows = pd.Series(np.arange(len(names))).groupby(names).indices
    none = np.zeros(0, dtype=np.intp)
    return [np.asarray(rows.get(str(n).upper(), none)) for n in known.table["name"]]


def known_in_words(judged: Mapping[str, Mapping[str, float]], note: str) -> str:
    """What each normalisation makes of the known directions, in one sentence."""
    parts = []
    for name, found in judged.items():
        text = f"{found['known_right']:.0f} of {found['known_n']:.0f} right under {name}"
        aside = []
        if np.isfinite(found["known_right_sign"]):
            aside.append(f"sign of {found['known_right_sign']:.0%} of those that change")
        if np.isfinite(found["known_none_median"]):
            aside.append(f"median {found['known_none_median']:+.2f} of those that do not")
        parts.append(text + (f" ({', '.join(aside)})" if aside else ""))
    return f"known directions ({note}): {'; '.join(parts)}"
