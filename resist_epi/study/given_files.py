"""Files that a run needs at its end are read at its beginning: no hours are lost on one.

`run` stops at the first that cannot be used, `check` lists them all; the readings are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from resist_epi.errors import InputFormatError, ResistEpiError
from resist_epi.genes.builtin import GO, load_sets, load_symbols
from resist_epi.genes.gene_sets import match_sets
from resist_epi.genome.naming import Naming
from resist_epi.genome.partition import read_partition
from resist_epi.mechanism.assays import ASSAYS
from resist_epi.mechanism.cohort_files import CohortColumns, read_cohort
from resist_epi.mechanism.compare_assay import contrast_sides, patient_names
from resist_epi.mechanism.evidence import rows_of_genes
from resist_epi.mechanism.evidence_files import read_evidence
from resist_epi.mechanism.outcome import worse_side
from resist_epi.mechanism.patients import with_contrast
from resist_epi.model.known import known_regions, read_known
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.facts import contrast_facts
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.check_question import units_of_mark
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.between_marks import assay_files
from resist_epi.study.steps.outside import cohort_columns
from resist_epi.study.steps.sites import read_site_sources

# What is read, by option: the file that is named, and what to do, which gives a few words on it.
Reading = tuple[str, Path, Callable[[], str]]


@dataclass(frozen=True)
class GivenFiles:
    """What a study is given beside its tracks and genes, and needs after counting alone.

    Attributes
    ----------
    sites, contacts, partition, known
        As of `settings.StudySettings`.
    gene_sets
        GMT file, `go`, or None.
    assays
        Assay -> table.
    cohort
        Expression and clinical table of an outside cohort.
    cohort_columns, worse
        What is asked of it.
    """

    sites: Mapping[str, Path] = field(default_factory=dict)
    contacts: Path | None = None
    partition: Path | None = None
    known: Path | None = None
    gene_sets: str | Path | None = None
    assays: Mapping[str, Path] = field(default_factory=dict)
    cohort: tuple[Path, Path] | None = None
    cohort_columns: CohortColumns = field(default_factory=CohortColumns)
    worse: str | None = None

    @classmethod
    def of_settings(cls, settings: StudySettings) -> GivenFiles:
        """Those that a study's settings name."""
        both = (settings.survival_expression, settings.survival_clinical)
        return cls(
            settings.sites,
            settings.contacts,
            settings.partition,
            settings.known,
            settings.gene_sets,
            assay_files(settings),
            None if both[0] is None or both[1] is None else (both[0], both[1]),
            cohort_columns(settings),
            settings.survival_worse,
        )


@dataclass(frozen=True)
class StudyContext:
    """What is known of a study when its files are read.

    Attributes
    ----------
    sheet
        Its samples.
    questions
        What is asked, whose patients and groups a table of another assay is searched for.
    naming
        How the chromosomes of the tracks are named; None before they are read.
    genes
        `chrom start end gene_id symbol`, a row a gene; None before they are read.
    """

    sheet: SampleSheet
    questions: Sequence[Question]
    naming: Naming | None = None
    genes: pd.DataFrame | None = None


def check_given_files(given: GivenFiles, of: StudyContext) -> None:
    """Read every file that is given, and keep nothing.

    Once before tracks are looked at, and once again, with names of chromosomes and genes, before
    anything is counted.

    Raises
    ------
    ResistEpiError
        If one of them cannot be read, as its reader says it, or holds nothing of the study.
    """
    for _, _, read in _readings(given, of):
        read()


def given_findings(given: GivenFiles, of: StudyContext) -> Iterator[tuple[str, str, str, str]]:
    """Level, option, name of the file and what is to say of each, for `check`."""
    for option, path, read in _readings(given, of):
        if str(path) != GO and not path.exists():
            yield "error", option, path.name, "no such file"
            continue
        try:
            yield "info", option, path.name, read()
        except ResistEpiError as error:
            yield "error", option, path.name, str(error)


def _readings(given: GivenFiles, of: StudyContext) -> Iterator[Reading]:
    for name, path in given.sites.items():
        yield "--sites", path, partial(_sites, name, path, of)
    if (contacts := given.contacts) is not None:
        yield "--contacts", contacts, partial(_contacts, contacts, of)
    if (partition := given.partition) is not None:
        yield "--partition", partition, partial(_partition, partition, of)
    if (directions := given.known) is not None:
        yield "--known", directions, partial(_directions, directions, of)
    if (sets := given.gene_sets) is not None:
        yield "--gene-sets", Path(sets), partial(_gene_sets, sets, of)
    for assay, path in given.assays.items():
        yield f"--{assay}", path, partial(_assay, assay, path, of)
    if (cohort := given.cohort) is not None:
        yield "--survival", cohort[0], partial(_cohort, cohort, given, of)


def _sites(name: str, path: Path, of: StudyContext) -> str:
    found = read_site_sources({name: path}, None, of.naming)
    return f"{len(found.sets[name])} intervals of the peak set {name}"


def _contacts(path: Path, of: StudyContext) -> str:
    found = read_site_sources({}, path, of.naming).contacts
    return f"{0 if found is None else len(found)} contacts"


def _partition(path: Path, of: StudyContext) -> str:
    parts = read_partition(path, of.naming)
    return f"{len(parts)} parts of {parts['name'].nunique()} classes"


def _directions(path: Path, of: StudyContext) -> str:
    found = read_known(path)
    said = f"{len(found.table)} known directions"
    if of.genes is None or found.by == "place":
        return said
    _, absent = known_regions(found, of.genes)
    return f"{said}, {len(absent)} of genes that are not here" if absent else said


def _gene_sets(source: str | Path, of: StudyContext) -> str:
    sets = load_sets(source)
    if of.genes is not None:
        symbols = of.genes["symbol"].tolist()
        if not any(map(len, match_sets(sets, symbols, load_symbols()).values())):
            theirs = [gene for one in sets.values() for gene in one.genes][:3]
            raise InputFormatError(
                f"no gene of the {len(sets)} gene sets is among the genes: the sets hold"
                f" {', '.join(theirs)}, the genes {', '.join(symbols[:3])}",
                path=None if source == GO else source,
                remedy="give sets and genes the same kind of symbols, of one species",
            )
    return f"{len(sets)} gene sets"


def _assay(assay: str, path: Path, of: StudyContext) -> str:
    """As `compare_assay` reads it, of every mark and question."""
    said: list[str] = []
    for units, design, contrast in _asked(of):
        sides = contrast_sides({"contrast": contrast_facts(contrast)})
        found = read_evidence(path, ASSAYS[assay], patients=patient_names(units), groups=sides)
        if found.values is not None:
            with_contrast(found, units, formula=design.formula, contrast=contrast.name)
        if of.genes is not None:
            rows_of_genes(found, of.genes.assign(log2FoldChange=0.0), load_symbols())
        said.append(f"{len(found.effects)} genes, {found.source}")
    return "; ".join(dict.fromkeys(said)) or "not read, since the design cannot be had"


def _cohort(paths: tuple[Path, Path], given: GivenFiles, of: StudyContext) -> str:
    found = read_cohort(*paths, given.cohort_columns)
    for _, _, contrast in _asked(of):
        worse_side({"contrast": contrast_facts(contrast)}, given.worse)
    return found.about


def _asked(of: StudyContext) -> Iterator[tuple[SampleSheet, Design, Contrast]]:
    """Units, design and contrast of every mark and question."""
    for mark in of.sheet.marks:
        for question in of.questions:
            try:
                yield units_of_mark(of.sheet.for_mark(mark), question)
            except ResistEpiError:  # said of the question itself
                continue
