"""Every table that people open, with its columns: what the page of columns is made from."""

from __future__ import annotations

from typing import NamedTuple

from resist_epi.schema import beside, comparison, findings, regions, study
from resist_epi.schema.column import Column
from resist_epi.schema.sheet import DIFFBIND_SHEET, OWN_SHEET


class Part(NamedTuple):
    """Columns that come together, and when they are there; empty for always."""

    columns: tuple[Column, ...]
    when: str = ""


class Table(NamedTuple):
    """A table: its title, what a row of it is, the files that it is (of `run_folder`), parts."""

    title: str
    row: str
    files: tuple[str, ...]
    parts: tuple[Part, ...]


def _always(*columns: tuple[Column, ...]) -> tuple[Part, ...]:
    return tuple(Part(c) for c in columns)


RESULTS = (
    Part(regions.RESULTS),
    Part(regions.SHRUNKEN, "where the test has a standard error"),
    Part(regions.LOCI, "where there is a test"),
    Part(regions.STABILITY, "of `run`, and of `diff --stability`"),
    Part(beside.AGREEMENT, "with background bins or a spike-in: `run`, `diff --background`"),
    Part(beside.OTHERWISE, "where units were weighted, or hidden factors found"),
    Part(beside.VALUES, "with `--values`"),
    Part(study.COPY_NUMBER, "where copy number is known"),
    Part((regions.REGIONS[7],), "what a region is"),
    Part(beside.PROMOTERS, "of promoters; `tss` of gene bodies, too"),
    Part(beside.PEAKS, "of peaks"),
    Part(beside.LINKED, "of peaks and domains"),
    Part(beside.DOMAINS, "of domains"),
)

TABLES = (
    Table("Sample sheet", "a library", (), (
        Part(DIFFBIND_SHEET, "with DiffBind's meaning"), Part(OWN_SHEET, "of this program"),
    )),
    Table("Check", "a finding", ("check",), _always(study.CHECK)),
    Table("Results", "a region", ("results",), RESULTS),
    Table("Values of units", "a region", ("unit_values",), (
        Part((regions.REGIONS[4], regions.REGIONS[6])), Part(beside.VALUES[1:]),
    )),
    Table("Changes in some units", "a region", ("carriers",), _always(regions.SUBSETS)),
    Table("Where calls lie", "a class and direction", ("where",), _always(findings.WHERE)),
    Table("Genes", "a gene", ("genes",), _always(beside.GENES)),
    Table("Genes of peaks and domains", "a region, gene and reason", ("links",),
          _always(beside.LINKS)),
    Table("Gene sets", "a set", ("gene_sets",), (
        Part(findings.GENE_SETS), Part(findings.GENE_SETS_MORE),
        Part(beside.RELABELLED_SETS, "of `run`, where labels can be exchanged"),
    )),
    Table("The set named in advance", "a variant of it", ("pre_specified",),
          _always(findings.PRE_SPECIFIED)),
    Table("Mechanisms", "a mechanism in a layer", ("mechanisms",),
          _always(findings.MECHANISMS, findings.MECHANISMS_MORE)),
    Table("Switches", "a gene", ("switches",), _always(findings.SWITCHES, beside.SWITCHES_MORE)),
    Table("Sites", "a feature", ("site_summary",), _always(findings.SITE_SUMMARY)),
    Table("Outside cohort", "a mark", ("survival",), _always(findings.SURVIVAL_SUMMARY)),
    Table("Outside cohort, gene by gene", "a called gene", (), _always(findings.SURVIVAL)),
    Table("Quality", "a library", ("all_quality", "quality"), (
        Part(study.QUALITY), Part(study.QUALITY_MORE, "of a run"),
        Part(study.PEAK_QUALITY, "of a run of peaks alone"),
    )),
    Table("Where peaks lie", "a set and class", ("peak_classes",), _always(study.PEAK_CLASSES)),
    Table("Balance of the mark", "a class", ("balance",), _always(findings.BALANCE)),
    Table("Scores of tissue", "a score", ("scores",),
          _always(findings.TISSUE_SCORES, findings.TISSUE_SCORES_MORE)),
    Table("Normalisations", "a normalisation and unit", ("normalization",),
          _always(beside.NORMALIZATION)),
    Table("Calls of normalisations", "a pattern", ("normalization_calls",),
          _always(beside.NORMALIZATION_CALLS)),
    Table("Arms", "a chromosome arm", ("arms",), _always(study.ARMS)),
    Table("Segments", "a segment", ("segments",), _always(study.SEGMENTS)),
    Table("Power", "a planned study", (), _always(study.POWER)),
    Table("Comparison of runs: kinds", "a mark and kind", ("kinds",),
          _always(comparison.COMPARED_KINDS)),
    Table("Comparison of runs: calls", "a call that differs", ("changed",),
          _always(comparison.CHANGED_CALLS)),
    Table("Comparison of runs: differences", "a difference", ("differences",),
          _always(comparison.RUN_DIFFERENCES)),
    Table("Comparison of runs: causes", "a change", ("causes",), _always(comparison.CAUSES)),
)  # fmt: skip
