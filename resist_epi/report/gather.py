"""Everything that a report needs, read from the tables in a run's folder and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.counting.matrix_files import read_counts
from resist_epi.counting.profile_files import read_profile_matrix
from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.dna.seg import read_seg
from resist_epi.errors import InputFormatError, in_file
from resist_epi.genes.gene_values import gene_signal
from resist_epi.io.run_folder import OF_CONTRAST, RunFile, run_file, run_path
from resist_epi.io.run_record import read_record, require_finished
from resist_epi.io.store import file_name, read_text
from resist_epi.io.tables import read_results, read_table
from resist_epi.model.unit_values import VALUE
from resist_epi.report.records import read_check
from resist_epi.samples.facts import facts_of
from resist_epi.samples.presets import MarkPreset, preset
from resist_epi.samples.question import Question
from resist_epi.schema import (
    ARMS,
    BALANCE,
    GENE_SETS,
    KINDS,
    MECHANISMS,
    PRE_SPECIFIED,
    QUALITY,
    SITE_SUMMARY,
    TISSUE_SCORES,
    WHERE,
    names,
)

# What the page reads of the facts above results, and of those that are not always there.
FACTS: Mapping[str, Sequence[str]] = {
    "contrast": ("kind", "units"),
    "units": ("patients",),
    "quantity": ("name", "relative"),
    "normalization": ("name", "assumption"),
    "method": ("name", "summary", "options"),
    "filter": ("kept", "of"),
}

FACTS_WHERE_KNOWN: Mapping[str, Sequence[str]] = {
    "hidden": ("found", "adjusted"),
    "relabelling": ("n", "complete", "median", "observed"),
    "carriers": ("called", "in some only"),
    "spike in checks": ("said", "faults"),
}


RUN_AGAIN = "run the study again: resist-epi run DIR/study.yaml -o DIR"


@dataclass(frozen=True)
class Sheet:
    """A table of a run and what stands above it.

    Attributes
    ----------
    table
        The rows.
    header
        Name -> sentence or plain values, from the `#` lines.
    """

    table: pd.DataFrame
    header: Mapping[str, Any]

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the sentences were made from."""
        return facts_of(self.header)

    @property
    def question(self) -> Question:
        """What the results answer."""
        return Question.from_values(self.header["question"])


@dataclass(frozen=True)
class MarkTables:
    """The tables of one mark.

    Attributes
    ----------
    mark, name
        As in the sheet's `Factor`, and as it stands in file names.
    preset
        What the mark needs.
    results
        Region kind -> results, the kind that speaks for a gene first.
    normalization, gene_sets, one_by_one, pre_specified
        Size factors; gene sets; the genes of the pre-specified set, and its test. None where the
        run has none.
    calls, correlation, components
        How many regions which normalisations call together; samples against samples; principal
        components with the share of variance of each.
    levels
        log2 signal of the genes that carry a mechanism (index their symbols), a column a sample;
        None where there are none.
    profile
        Signal along the regions that speak for genes; None where there are no tracks.
    arms
        Mean change of every chromosome arm, with the warnings in its header.
    segments
        Copy number of the mark's libraries; None where it was not corrected.
    scores
        Proliferation, subtype and other tissue against the groups; None where none was scored.
    sites
        Where sites gained and lost lie; None where no peaks were tested.
    balance
        Share of the genome above background by group; None where there are no bins.
    where
        Region kind -> calls by CpG class and partition; without kinds that have no such table.
    values
        Region kind -> values of every unit in the regions that can be shown one by one; without
        kinds whose values were not kept.
    """

    mark: str
    name: str
    preset: MarkPreset
    results: Mapping[str, Sheet]
    normalization: Sheet | None
    calls: Sheet | None
    gene_sets: Sheet | None
    one_by_one: Sheet | None
    pre_specified: Sheet | None
    correlation: pd.DataFrame | None
    components: pd.DataFrame | None
    levels: pd.DataFrame | None = None
    profile: ProfileMatrix | None = None
    arms: Sheet | None = None
    segments: pd.DataFrame | None = None
    scores: Sheet | None = None
    sites: Sheet | None = None
    balance: Sheet | None = None
    where: Mapping[str, Sheet] = field(default_factory=dict)
    values: Mapping[str, Sheet] = field(default_factory=dict)

    @property
    def main(self) -> Sheet:
        """Results of the kind that speaks for a gene."""
        return next(iter(self.results.values()))


@dataclass(frozen=True)
class RunTables:
    """The tables of a run.

    Attributes
    ----------
    marks
        In the order of the sheet.
    quality
        A row a library.
    check
        What `check` found.
    provenance
        The run's record: version, parameters, checksums.
    switches
        Genes where two opposing marks were compared; None where the study has no such two.
    mechanisms
        Mechanisms of resistance by mark and assay; None where nothing was stated in advance.
    concordance, survival, expression_scores
        How far marks and other assays go together; what an outside cohort says of called genes;
        tissue by expression. None without such files.
    contrast
        Which of several contrasts, as its folder is named; empty where the run has one.
    columns
        Columns of the sheet; None where the run has not kept them.
    """

    marks: tuple[MarkTables, ...]
    quality: pd.DataFrame
    check: pd.DataFrame
    provenance: Mapping[str, Any]
    switches: Sheet | None = None
    mechanisms: Sheet | None = None
    survival: Sheet | None = None
    concordance: Sheet | None = None
    expression_scores: Sheet | None = None
    contrast: str = ""
    columns: tuple[str, ...] | None = None


def gather(folder: str | Path, contrast: str | Path | None = None) -> RunTables:
    """Read the tables of a run.

    Parameters
    ----------
    contrast
        The folder of one of several contrasts (`run_folder.contrast_folders`); None where the run
        has one.

    Raises
    ------
    InputFormatError
        If the folder is not one of a finished run; the message names what is missing.
    """
    folder = Path(folder)
    own = folder if contrast is None else Path(contrast)
    require_finished(folder, ("all_quality", "provenance"))
    quality = read_table(run_path(folder, "all_quality"), required=names(QUALITY))
    for column in ("sample", "mark", "condition"):
        quality[column] = quality[column].astype(str)
    mechanisms = _optional(run_path(own, "mechanisms"), required=names(MECHANISMS))
    marks = [
        _gather_mark((folder, own), str(mark), rows["sample"].tolist(), mechanisms)
        for mark, rows in quality.groupby("mark", sort=False)
    ]
    return RunTables(
        marks=tuple(marks),
        quality=quality,
        check=read_check(run_path(folder, "check")),
        provenance=read_record(run_path(folder, "provenance")),
        switches=_optional(run_path(own, "switches"), required=["symbol", "class", "padj"]),
        mechanisms=mechanisms,
        concordance=_optional(run_path(own, "concordance"), required=["mark", "words"]),
        survival=_optional(run_path(own, "survival"), required=["mark", "words"]),
        expression_scores=_optional(run_path(own, "scores", "expression")),
        contrast="" if contrast is None else own.name,
        columns=_columns(
            run_path(own, "scored_sheet"),
            *(run_path(folder, "nfcore_samples", mark.mark) for mark in marks),
        ),
    )


def _columns(*paths: Path) -> tuple[str, ...] | None:
    """Columns of the sheet, from the first of its copies that is there: with scores, or by mark."""
    path = next((p for p in paths if p.is_file()), None)
    return None if path is None else tuple(read_text(path).split("\n", 1)[0].strip().split(","))


def _gather_mark(
    folders: tuple[Path, Path], mark: str, samples: Sequence[str], mechanisms: Sheet | None
) -> MarkTables:
    folder, own = folders

    def file(name: RunFile, of: str = "") -> Path:
        return run_path(own if name in OF_CONTRAST else folder, name, mark, of)

    chosen = preset(mark)
    results: dict[str, Sheet] = {}
    there = [kind for kind in KINDS if file("results", kind).is_file()]
    speaks = chosen.speaks(there)
    for kind in sorted(there, key=lambda k: (k != speaks, KINDS.index(k))):
        path = file("results", kind)
        results[kind] = _with_facts(read_results(path), path)
    if not results:
        raise InputFormatError(
            f"no results of {mark}, which qc.tsv names",
            path=folder,
            expected=run_file("results", mark, speaks),
            remedy="run the study again",
        )
    correlation = _of_samples(file("correlation"))
    components = _of_samples(file("components"))
    segments = file("segments")
    return MarkTables(
        mark=mark,
        name=file_name(mark),
        preset=chosen,
        results=results,
        normalization=_optional(file("normalization"), required=["normalization", "n_shared"]),
        calls=_optional(file("normalization_calls"), required=["n_regions"]),
        gene_sets=_optional(file("gene_sets"), required=names(GENE_SETS)),
        one_by_one=_optional(file("one_by_one")),
        pre_specified=_optional(file("pre_specified"), required=names(PRE_SPECIFIED)),
        scores=_optional(file("scores"), required=names(TISSUE_SCORES)),
        correlation=None if correlation is None else _square(correlation.table),
        components=None if components is None else _with_shares(components),
        profile=_profile(file("profile")),
        arms=_optional(file("arms"), required=names(ARMS)),
        segments=_segments(segments, samples) if segments.is_file() else None,
        sites=_optional(file("site_summary"), required=names(SITE_SUMMARY)),
        balance=_optional(file("balance"), required=names(BALANCE)),
        where={
            kind: sheet
            for kind in results
            if (sheet := _optional(file("where", kind), required=names(WHERE))) is not None
        },
        values={
            kind: sheet
            for kind in results
            if (sheet := _unit_values(file("unit_values", kind))) is not None
        },
        levels=_levels(
            file("gene_counts") if speaks == "peaks" else file("counts", speaks),
            None if speaks == "peaks" else results.get(speaks),
            _carriers(mechanisms, mark),
        ),
    )


def _segments(path: Path, samples: Sequence[str]) -> pd.DataFrame:
    return read_seg(path).loc[lambda table: table["sample"].isin(list(samples))]


def _carriers(mechanisms: Sheet | None, mark: str) -> list[str]:
    """Genes called in a mechanism of this mark, in the order of the mechanisms."""
    if mechanisms is None:
        return []
    table = mechanisms.table
    own = table[(table["layer"] == mark) & (table["kind"] == "mechanism")]
    lists = [str(text) for text in own["genes"].dropna() if not str(text).startswith("(")]
    return list(dict.fromkeys(g for text in lists for g in text.split(",") if g))


def _profile(path: Path) -> ProfileMatrix | None:
    return read_profile_matrix(path) if path.is_file() else None


def _levels(path: Path, results: Sheet | None, genes: list[str]) -> pd.DataFrame | None:
    if len(genes) < 2 or not path.is_file():
        return None
    with in_file(path):
        table = gene_signal(read_counts(path), None if results is None else results.table)
    return table.reindex([g for g in genes if g in table.index])


def _optional(path: Path, *, required: list[str] | None = None) -> Sheet | None:
    if not path.is_file():
        return None
    table = read_table(path, required=required or ())
    return Sheet(table, table.attrs["header"])


def _unit_values(path: Path) -> Sheet | None:
    found = _optional(path, required=["region_id"])
    if found is None:
        return None
    for column in found.table.columns:
        numeric = pd.api.types.is_numeric_dtype(found.table[column])
        if str(column).startswith(VALUE) and not numeric:
            problem = f"the column {column} is not of numbers alone"
            raise InputFormatError(problem, path=path, remedy=RUN_AGAIN)
    return found


def _with_facts(table: pd.DataFrame, path: Path) -> Sheet:
    header = table.attrs["header"]
    if not all(isinstance(header.get(name), dict) for name in ("facts", "question")):
        raise InputFormatError(
            "results of an older version, which say in words alone what was done",
            path=path,
            remedy=RUN_AGAIN,
        )
    facts = header["facts"]
    expected = {**FACTS} | {name: keys for name, keys in FACTS_WHERE_KNOWN.items() if name in facts}
    for name, keys in expected.items():
        own = facts.get(name)
        if not isinstance(own, dict) or not set(keys) <= own.keys():
            problem = f"the line '# facts' has no {name!r} with {', '.join(keys)}"
            raise InputFormatError(problem, path=path, remedy=RUN_AGAIN)
    found = Sheet(table, header)
    with in_file(path):
        _ = found.question
    return found


def _of_samples(path: Path) -> Sheet | None:
    """A table whose first column is the sample and all others numbers."""
    found = _optional(path, required=["sample"])
    if found is not None:
        numbers = found.table.drop(columns="sample").select_dtypes("number").columns
        words = [c for c in found.table.columns if c != "sample" and c not in numbers]
        shares = found.header.get("share of variance", [])
        of_numbers = isinstance(shares, list) and all(isinstance(s, (int, float)) for s in shares)
        if words or not of_numbers:
            raise InputFormatError(
                f"column {words[0]}" if words else "the line on the share of variance",
                path=path,
                expected="numbers",
                remedy="run the study again",
            )
    return found


def _square(table: pd.DataFrame) -> pd.DataFrame:
    table = table.assign(sample=table["sample"].astype(str)).set_index("sample")
    table.attrs.clear()
    return table


def _with_shares(sheet: Sheet) -> pd.DataFrame:
    table = sheet.table.assign(sample=sheet.table["sample"].astype(str))
    table.attrs = {"explained": sheet.header.get("share of variance", [])}
    return table
