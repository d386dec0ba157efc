"""The page on two runs compared: what became of the calls, what differs, which did it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.io.figures import save_figure
from resist_epi.io.run_folder import ComparisonFile, comparison_path
from resist_epi.io.store import write_text
from resist_epi.io.tables import write_table
from resist_epi.plots import figure_function
from resist_epi.report.templating import templates
from resist_epi.report.words import KIND_WORDS
from resist_epi.version import VERSION

SHOWN = 200  # changed calls on the page; the table has all

FORMATS = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class ComparisonTables:
    """What `study.compare` and `study.compare_causes` found.

    Attributes
    ----------
    names
        How the runs are called: their folders as given.
    changed, kinds, differences, causes
        Columns of `schema.CHANGED_CALLS`, `COMPARED_KINDS`, `RUN_DIFFERENCES` and `CAUSES`.
    """

    names: tuple[str, str]
    changed: pd.DataFrame
    kinds: pd.DataFrame
    differences: pd.DataFrame
    causes: pd.DataFrame

    @property
    def header(self) -> dict[str, str]:
        """What stands above each table."""
        return {"resist_epi": VERSION, "a": self.names[0], "b": self.names[1]}


def write_comparison(folder: str | Path, found: ComparisonTables) -> list[Path]:
    """Write the tables, the figure in three formats, and the page; return the paths.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    written = []
    tables: dict[ComparisonFile, pd.DataFrame] = {
        "changed": found.changed,
        "kinds": found.kinds,
        "differences": found.differences,
        "causes": found.causes,
    }
    for name, table in tables.items():
        path = comparison_path(folder, name)
        write_table(path, table, header=found.header)
        written.append(path)
    axes = figure_function("compare")(
        found.kinds,
        changed=found.changed,
        title=f"a: {found.names[0]}, b: {found.names[1]}",
    )
    for suffix in FORMATS:
        path = comparison_path(folder, "figure", suffix)
        save_figure(axes, path, close=suffix == FORMATS[-1])
        written.append(path)
    page = comparison_path(folder, "page")
    write_text(page, render_comparison(found, written[-len(FORMATS)]))
    return [*written, page]


def render_comparison(found: ComparisonTables, picture: Path | None = None) -> str:
    """Return the page, one file that opens without network. Equal tables give equal bytes.

    Parameters
    ----------
    picture
        PNG of the figure.
    """
    environment, own_file = templates()
    data = None if picture is None else base64.b64encode(picture.read_bytes()).decode("ascii")
    page: str = environment.get_template("compare.html.j2").render(
        title="Two runs compared",
        a=found.names[0],
        b=found.names[1],
        said=said(found),
        kinds=_kind_rows(found.kinds),
        several=found.kinds["contrast"].nunique() > 1,
        differences=found.differences.to_dict("records"),
        causes=_cause_rows(found.causes),
        changed=_changed_rows(found.changed.head(SHOWN)),
        more=max(len(found.changed) - SHOWN, 0),
        table=comparison_path("", "changed").name,
        picture=data,
        version=VERSION,
        style=own_file("report.css"),
    )
    return page


def said(found: ComparisonTables) -> list[str]:
    """The comparison in a few sentences."""
    both = found.kinds[found.kinds["in_runs"] == "both"]
    numbers = {part: int(both[part].sum()) for part in ("kept", "gained", "lost", "turned")}
    lines = []
    if both.empty:
        lines.append("The runs share no table of results.")
    elif not len(found.changed):
        n = numbers["kept"]
        lines.append(f"No call differs; {n:,} {'call is' if n == 1 else 'calls are'} the same.")
    else:
        lines.append(
            f"Of the calls of a, b has {numbers['kept']:,}, lacks {numbers['lost']:,}, and calls"
            f" {numbers['turned']:,} in the other direction; {numbers['gained']:,} are called in b"
            " alone."
        )
        close = int(both["close"].sum())
        if close:
            lines.append(
                f"{close:,} of these {'has' if close == 1 else 'have'} an adjusted P within twice"
                " the level in both runs: a call that comes or goes there is no evidence of a"
                " difference."
            )
    acting = found.differences["acts_on"].isin(["calls", "counts"])
    chosen = found.differences[acting & (found.differences["what"] != "done")]
    if chosen.empty:
        lines.append("Nothing that acts on calls differs between the runs.")
    elif len(chosen) == 1:
        one = chosen.iloc[0]
        lines.append(
            f"One thing that acts on calls differs: {one['what']} {one['name']}"
            f" ({one['a']} in a, {one['b']} in b)."
        )
    else:
        lines.append(f"{len(chosen):,} things that act on calls differ; they are listed below.")
    return lines


def _kind_rows(kinds: pd.DataFrame) -> list[dict[str, Any]]:
    rows = _records(kinds)
    for row in rows:
        row["words"] = KIND_WORDS.get(row["kind"], row["kind"])
        row["together"] = _number(row["correlation"], ".3f")
        row["shift"] = _number(row["median_shift"], "+.2f")
    return rows


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table by the names of its columns."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _cause_rows(causes: pd.DataFrame) -> list[dict[str, Any]]:
    rows = _records(causes.astype(object).where(causes.notna(), ""))
    for row in rows:
        row["words"] = KIND_WORDS.get(row["kind"], row["kind"])
    return rows


def _changed_rows(changed: pd.DataFrame) -> list[dict[str, Any]]:
    rows = _records(changed)
    for row in rows:
        row["words"] = KIND_WORDS.get(row["kind"], row["kind"])
        row["place"] = f"{row['chrom']}:{row['start']:,}-{row['end']:,}"
        row["symbol"] = "" if pd.isna(row["symbol"]) else row["symbol"]
        for run in "ab":
            row[f"change_{run}"] = _number(row[f"log2FoldChange_{run}"], "+.2f")
            row[f"p_{run}"] = _number(row[f"padj_{run}"], ".2g")
    return rows


def _number(value: float, form: str) -> str:
    return "" if pd.isna(value) else format(value, form).replace("-", "−")
