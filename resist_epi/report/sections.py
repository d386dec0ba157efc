"""The page's sections as plain values, so that the template has nothing to compute."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.io.shown import count
from resist_epi.model.agreement import in_words
from resist_epi.report.flags import median_correlation, quality_flags
from resist_epi.report.gather import MarkTables, Sheet
from resist_epi.report.words import KIND_WORDS, capital, regions_in_words
from resist_epi.stats.best_supported import order_of_support, support_in_words

STRONGEST = 10

SWITCHES_SHOWN = 20


@dataclass(frozen=True)
class Table:
    """A small table, every cell a text."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]


def number(value: float, digits: int = 3) -> str:
    """A number for reading: 3 significant digits, thousands apart, an en dash if undefined.

    Examples
    --------
    >>> number(1234567.0), number(0.000123), number(float("nan")), number(-0.5)
    ('1,234,567', '1.23e-04', '–', '−0.5')
    """
    if not np.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    size = abs(value)
    if size < 10 ** (1 - digits) * 0.1:
        text = f"{value:.{digits - 1}e}"
    elif size >= 10 ** (digits - 1):
        text = f"{value:,.0f}" if size < 1e9 else f"{value:.{digits - 1}e}"
    else:
        text = f"{value:.{digits}g}"
    return "−" + text[1:] if text.startswith("-") else text


def change(value: float) -> str:
    """A log2 fold change: two decimals, a real minus.

    Examples
    --------
    >>> change(-1.5), change(2.0), change(-0.001), change(float("nan"))
    ('−1.50', '2.00', '0.00', '–')
    """
    if not np.isfinite(value):
        return "–"
    text = f"{value:.2f}"
    if float(text) == 0:
        return "0.00"
    return "−" + text[1:] if text.startswith("-") else text


def size(value: float) -> str:
    """A library size: millions where there are that many.

    Examples
    --------
    >>> size(499999998.0), size(9130.0)
    ('500.0 M', '9,130')
    """
    return f"{value / 1e6:,.1f} M" if value >= 1e6 else number(value)


def percent(value: float) -> str:
    """A share as a percentage."""
    return f"{value:.1%}" if np.isfinite(value) else "–"


def is_sure(table: pd.DataFrame) -> pd.Series:
    """Whether each region is called with high confidence; all NA where that is not known."""
    if "high_confidence" not in table:
        return pd.Series(pd.NA, index=table.index, dtype="boolean")
    # Texts where some are not known.
    text = table["high_confidence"].astype(str)
    known = text.map({"True": True, "False": False}).astype("boolean")
    return known if known.isna().all() else known & table["direction"].ne("none")


def calls(sheet: Sheet) -> dict[str, Any]:
    """How many regions gain, lose, were tested, and are there; the one source of these numbers.

    `at` is at how many loci the called regions lie, `loci` how many loci are called themselves
    (by one P a locus), `sure` how many regions with high confidence; None where that is not known.
    """
    direction = sheet.table["direction"]
    loci = sheet.facts.get("loci", {})
    sure = is_sure(sheet.table)
    return {
        "sure": None if sure.isna().all() else int(sure.sum()),
        "at": _loci_of(sheet.table[direction != "none"]),
        "loci": loci.get("called"),
        "gain": int((direction == "gain").sum()),
        "loss": int((direction == "loss").sum()),
        "tested": int(sheet.table["pvalue"].notna().sum()),
        "all": len(sheet.table),
    }


def _loci_of(called: pd.DataFrame) -> int | None:
    return int(called["locus_id"].nunique()) if "locus_id" in called else None


def sample_rows(mark: MarkTables, quality: pd.DataFrame) -> list[dict[str, Any]]:
    """A row a library: what was measured, and its flags."""
    own = quality[quality["mark"] == mark.mark]
    flags = quality_flags(own, mark.correlation)
    correlation = {} if mark.correlation is None else median_correlation(mark.correlation).to_dict()
    return [
        {
            "sample": row["sample"],
            "condition": row["condition"],
            "library_size": size(row["library_size"]),
            "from": str(row["library_size_from"]).replace("_", " "),
            "n_peaks": number(row["n_peaks"]),
            "in_peaks": percent(row["fraction_in_peaks"]),
            "in_promoters": percent(row["fraction_in_promoters"]),
            "zero": percent(row["fraction_zero"]),
            "spike_in": _spike_in(row),
            "correlation": change(float(correlation.get(row["sample"], np.nan))),
            "flags": flags[row["sample"]],
        }
        for row in own.to_dict("records")
    ]


def _spike_in(row: Mapping[Any, Any]) -> str:
    """Reads of an exogenous genome; empty where nobody knows, as in runs of earlier versions."""
    reads = float(row.get("spike_in_reads", np.nan))
    return size(reads) if np.isfinite(reads) else ""


def normalization_table(sheet: Sheet) -> Table:
    """Size factors, a row a unit."""
    numeric = [pd.api.types.is_numeric_dtype(sheet.table[c]) for c in sheet.table]
    rows = [
        [
            (in_words(str(v)) if c == "normalization" else str(v))
            if not n
            else size(float(v))
            if "size" in c and "factor" not in c
            else number(float(v), 4)
            for v, n, c in zip(row, numeric, map(str, sheet.table), strict=True)
        ]
        for row in sheet.table.itertuples(index=False)
    ]
    return Table([str(c).replace("_", " ") for c in sheet.table], rows, numeric)


def count_units(sheet: Sheet | None) -> str:
    """How many units a table of size factors has, whatever the number of normalisations."""
    n = 0 if sheet is None else sheet.table["sample"].nunique()
    return count(n, "unit")


NO_SETS = (
    "No gene set has a gene among the regions tested. The built-in sets are of human genes: of"
    " another species, as rat or mouse, give your own with --gene-sets."
)


def sets_in_words(tested: Sequence[Mapping[str, Any]], untested: Sequence[Any]) -> str:
    """How many sets are called, of how many."""
    called = sum(row["direction"] in ("gain", "loss") for row in tested)
    without = f"; {len(untested)} without a gene tested" if untested else ""
    return f"{called or 'none'} of {count(len(tested), 'set')} called{without}"


def set_rows(
    sheet: Sheet | None, told: Collection[str] = ()
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Gene sets with a gene here, the smallest P first, and those without.

    Each has `bar`: left edge and width in percent of the effect's bar, zero in the middle.

    Parameters
    ----------
    told
        Sets that are told with the mechanisms, adjusted over these: left out here.
    """
    if sheet is None:
        return [], []
    table = sheet.table[~sheet.table["set"].isin(list(told))]
    table = table.assign(_size=-table["effect"].abs())
    table = table.sort_values(["pvalue", "_size", "set"], kind="stable", na_position="last")
    widest = float(np.nanmax(np.append(table["effect"].abs().to_numpy(np.float64), 0.0)))
    rows = [
        {
            "set": row["set"],
            "name": str(row["set"]).replace("_", " "),
            "source": row["source"],
            "n_genes": row["n_genes"],
            "n_tested": row["n_tested"],
            "n_gain": row["n_gain"],
            "n_loss": row["n_loss"],
            "effect": change(row["effect"]),
            "bar": _bar(row["effect"], widest),
            "sign": "gain" if row["effect"] > 0 else "loss",
            "pvalue": number(row["pvalue"]),
            "padj": number(row["padj"]),
            "direction": row["direction"] if np.isfinite(row["pvalue"]) else "no P",
            "untested": "" if pd.isna(row.get("untested")) else str(row["untested"]),
            "genes": "" if pd.isna(row["genes"]) else str(row["genes"]).replace(",", ", "),
        }
        for row in table.to_dict("records")
    ]
    return [r for r in rows if r["n_tested"]], [r for r in rows if not r["n_tested"]]


def _bar(effect: float, widest: float) -> tuple[str, str]:
    if not np.isfinite(effect) or widest == 0:
        return "50", "0"
    width = 50 * abs(effect) / widest
    return f"{50 - width if effect < 0 else 50:.1f}", f"{width:.1f}"


def gene_rows(sheet: Sheet) -> list[dict[str, str]]:
    """Genes one by one: fold change with its interval, P, and what it is consistent with."""
    return [
        {
            "symbol": str(row["symbol"]),
            "region": place(row),
            "base": number(row["baseMean"]),
            "change": change(row["log2FoldChange"]),
            "interval": interval(row),
            "pvalue": number(row["pvalue"]),
            "padj": number(row["padj"]),
            **_shrunken(row),
            "direction": _call(row) if row["direction"] else "not measured",
        }
        for row in sheet.table.to_dict("records")
    ]


def core_in_words(sheet: Sheet) -> list[str]:
    """What the test of the set named in advance says: a sentence a variant, and the claim."""
    rows = sheet.table[sheet.table["fry_pvalue"].notna()].to_dict("records")
    sentences = [
        f"{capital(row['variant'])}: {row['n_tested']} tested, mean log2 fold change"
        f" {change(row['effect'])}; P {number(row['fry_pvalue'])} against no change (fry), P"
        f" {number(row['random_pvalue'])} against the change of {row['n_random']:,} random sets of"
        " genes like them"
        for row in rows
    ]
    if not rows:
        return ["None of its genes was tested: no claim"]
    claim = sheet.table["claim"].eq("yes").all()
    verdict = f"a claim of {rows[0]['direction']} holds" if claim else "no claim"
    return [*sentences, f"Both at .05, in one direction, for every variant: {verdict}"]


def strongest_rows(sheet: Sheet) -> list[dict[str, str]]:
    """The best supported regions; `stats.best_supported` says which these are."""
    best = sheet.table.iloc[order_of_support(sheet.table)[:STRONGEST]]
    return [
        {
            "symbol": _name(row),
            "region": place(row),
            "base": number(row["baseMean"]),
            "change": change(row["log2FoldChange"]),
            "interval": interval(row),
            "pvalue": number(row["pvalue"]),
            "padj": number(row["padj"]),
            **_shrunken(row),
            "direction": _call(row),
        }
        for row in best.to_dict("records")
    ]


def _shrunken(row: Mapping[Any, Any]) -> dict[str, str]:
    """Shrunken fold change, s-value, confidence, which tables of earlier releases lack."""
    return {
        "shrunken": change(row.get("shrunkenLog2FoldChange", np.nan)),
        "svalue": number(row.get("svalue", np.nan)),
        "sure": sure_in_words(row),
    }


def sure_in_words(row: Mapping[Any, Any]) -> str:
    """Whether a called region is called with high confidence; a dash where that is not known."""
    if row["direction"] not in ("gain", "loss"):
        return "–"
    return {"True": "yes", "False": "no"}.get(str(row.get("high_confidence")), "–")


def _call(row: Mapping[Any, Any]) -> str:
    return "not tested" if pd.isna(row["pvalue"]) else str(row["direction"])


def _name(row: Mapping[Any, Any]) -> str:
    """Symbol or region; of a promoter that does not speak for its gene it is said."""
    other = " (another promoter)" if row["symbol"] and row.get("primary") is False else ""
    return f"{row['symbol'] or row['region_id']}{other}"


def switch_table(sheet: Sheet) -> Table:
    """The genes whose two marks change in opposite directions, called switches first."""
    table = sheet.table.iloc[order_of_support(sheet.table)]
    table = table.iloc[np.argsort(~is_switch(table), kind="stable")]
    marks = [str(c).removesuffix("_pvalue") for c in table if str(c).endswith("_pvalue")]
    rows = [
        [
            str(row["symbol"] or row["gene_id"]),
            *(change(row[f"{m}_log2FoldChange"]) for m in marks),
            *(number(row[f"{m}_pvalue"]) for m in marks),
            number(row["padj"]),
            str(row["class"]).replace("_", " "),
        ]
        for row in table.head(SWITCHES_SHOWN).to_dict("records")
    ]
    columns = ["Gene", *(f"{m} log2 FC" for m in marks), *(f"{m} P" for m in marks)]
    numeric = [False, *[True] * (2 * len(marks) + 1), False]
    return Table([*columns, "Adjusted P of both", "Class"], rows, numeric)


def is_switch(table: pd.DataFrame) -> pd.Series:
    """Whether each gene is called a switch: its class is one (`padj` at most the level)."""
    return table["class"].astype(str).str.endswith("switch")


def switch_caption(sheet: Sheet) -> str:
    """What the table of switches lists, and in which order."""
    n = int(is_switch(sheet.table).sum())
    some = f"{SWITCHES_SHOWN} of the {n} called" if n > SWITCHES_SHOWN else f"the {n} called first"
    return f"Switches: {some if n else 'none is called'}, each {support_in_words(sheet.table)}"


def place(row: Mapping[Any, Any]) -> str:
    """Position of a region, 1-based; an en dash where there is none."""
    if not row["chrom"] or pd.isna(row["chrom"]) or pd.isna(row["start"]):
        return "–"
    return f"{row['chrom']}:{int(row['start']) + 1:,}-{int(row['end']):,}"


def interval(row: Mapping[Any, Any]) -> str:
    """95% interval of a fold change; an en dash where there is none."""
    if pd.isna(row["ci_low"]):
        return "–"
    return f"{change(row['ci_low'])} to {change(row['ci_high'])}"


def kind_title(mark: MarkTables, kind: str) -> str:
    """Heading of a region kind."""
    return capital(KIND_WORDS.get(kind, kind))


def kind_caption(mark: MarkTables, kind: str) -> str:
    """How its regions were made."""
    text = regions_in_words(kind, mark.preset)
    text = capital(text) + "."
    if kind == "domains" and mark.results[kind].table["pvalue"].notna().any():
        text += (
            " One is tested where a window of it is. The call is that of the windows that decide;"
            " the fold change is of the whole domain,"
            " and may have the other sign where a part of it changes."
        )
    return text


def provenance_rows(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Versions and settings of a run's record, by name."""
    rows = [
        ("resist_epi", str(record.get("version", ""))),
        ("Python", str(record.get("python", ""))),
    ]
    rows += [(str(k), str(v)) for k, v in record.get("libraries", {}).items()]
    rows += [
        (f"setting: {k}", "default" if v is None else str(v))
        for k, v in record.get("parameters", {}).items()
    ]
    return rows
