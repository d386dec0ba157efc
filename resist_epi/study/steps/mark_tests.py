"""The tests of one mark: every kind of regions, their genes and gene sets."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from resist_epi.counting.matrix_files import write_counts
from resist_epi.dna.arms import ArmShifts
from resist_epi.domains.stored_bins import Bins
from resist_epi.domains.window_tests import DIRECTION_RULE
from resist_epi.genes.gene_values import genes_side_by_side
from resist_epi.genes.linking import annotate_regions, own_distance
from resist_epi.genome.peaks import write_direction_bed
from resist_epi.io.run_folder import JOINT, contrast_folder
from resist_epi.model.agreement import Agreement, Variants, shared_variants
from resist_epi.model.analysis import Analysis, without_inputs
from resist_epi.model.known import read_known
from resist_epi.model.unit_values import with_values
from resist_epi.samples.presets import preset
from resist_epi.schema import Kind
from resist_epi.study.answers import Answer, answer, assembly_of
from resist_epi.study.several import write_joint_table
from resist_epi.study.steps.analyses import analyse_kind, genes_of_kind
from resist_epi.study.steps.domains import (
    TestedDomains,
    find_domain_tests,
    write_domain_tests,
)
from resist_epi.study.steps.nfcore import write_nfcore
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.steps.profiles import write_profiles
from resist_epi.study.steps.quality import write_quality
from resist_epi.study.steps.sets import write_gene_sets
from resist_epi.study.steps.shown_values import write_shown_values
from resist_epi.study.steps.stored_counts import StoredCounts
from resist_epi.study.steps.tissue import write_scores
from resist_epi.study.steps.where import write_where
from resist_epi.study.study import Study

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MarkTests:
    """What came of testing a mark.

    Attributes
    ----------
    mains
        The analysis of the regions that speak for its genes, a contrast each; of sites, that of
        their genes. Without the background bins that other normalisations need, which are the
        largest part of it.
    written
        The files.
    """

    mains: list[Analysis]
    written: list[Path]


def run_tests(
    study: Study,
    mark: str,
    counts: StoredCounts,
    shares: pd.DataFrame,
    out: Path,
    *,
    windows: Bins | None = None,
) -> MarkTests:
    """Test every kind of a mark's regions, and link them to genes and gene sets.

    Parameters
    ----------
    counts
        Kind -> matrix, a column a library; `bins` among them.
    shares
        As of `counts.MarkCounts`.
    out
        The run's folder.
    windows
        Bins of the windows above background, where the mark forms domains.

    Raises
    ------
    ResistEpiError
        If the settings do not fit the data.
    """
    sheet, shared = study.sheet.for_mark(mark), Outputs(out, mark)
    places = study.contrasts or (out,)
    domains: Sequence[Analysis | None] = [None] * len(places)
    if windows is not None:  # first, as they are the largest: no other fits are in memory yet
        domains = find_domain_tests(study, mark, windows, counts, shared)
    found: dict[Kind, list[Analysis]] = {
        kind: analyse_kind(study, sheet, matrix, counts["bins"])
        for kind, matrix in counts.items()
        if kind != "bins"
    }
    speaking: list[tuple[Analysis, Analysis]] = []
    written: list[Path] = []
    variants: dict[Kind, Variants | None] = {
        kind: shared_variants(analyses) for kind, analyses in found.items()
    }
    for i, place in enumerate(places):
        outputs = Outputs(place, mark)
        own: dict[Kind, Analysis] = {kind: analyses[i] for kind, analyses in found.items()}
        speaking.append(_test_contrast(study, own, variants, domains[i], outputs))
        write_where(study, sheet, own, speaking[-1][1], counts["bins"], outputs)
        written += outputs.written
    write_nfcore(found[preset(mark).speaks(found)], shared)
    write_quality(study, sheet, counts[preset(mark).speaks(counts)], shares, shared)
    write_profiles(study, mark, [regions for regions, _ in speaking], shared)
    if study.settings.joint and study.contrasts:
        together = Outputs(contrast_folder(out, JOINT), mark)
        for kind, analyses in found.items():
            if sum(a.tested for a in analyses) > 1:
                write_joint_table(together.add(together.path("results", kind)), analyses)
        written += together.written
    mains = [without_inputs(main) for _, main in speaking]
    return MarkTests(mains, [*written, *shared.written])


def _test_contrast(
    study: Study,
    analyses: dict[Kind, Analysis],
    variants: Mapping[Kind, Variants | None],
    domains: Analysis | None,
    outputs: Outputs,
) -> tuple[Analysis, Analysis]:
    """Everything of one contrast of a mark; gives the regions that speak, and what of genes."""
    mark = outputs.mark
    speaks = preset(mark).speaks(analyses)
    answers: dict[Kind, Answer] = {}
    for kind, analysis in analyses.items():
        path = study.settings.known if kind == speaks else None
        answers[kind] = answer(
            study,
            analysis,
            variants=variants[kind],
            known=None if path is None else read_known(path),
            relabelled=kind == speaks,
        )
    analyses = {kind: one.analysis for kind, one in answers.items()}
    _write_carriers(answers, outputs)
    regions = analyses[speaks]
    main = genes_of_kind(study, mark, regions, speaks)
    tested = None if domains is None else write_domain_tests(study, mark, domains, outputs)
    _write_results(study, analyses, outputs)
    _write_genes(study, {speaks: main}, analyses, tested, outputs)
    _write_agreement(regions, answers[speaks].agreement, mark, outputs)
    _write_arms(regions, answers[speaks].arms, mark, assembly_of(study), outputs)
    write_gene_sets(study, main, outputs, domains=None if tested is None else tested.shared)
    write_scores(study, main, outputs)
    if main is not regions:
        write_counts(outputs.add(outputs.path("gene_counts")), main.matrix)
    return regions, main


def _write_results(study: Study, analyses: Mapping[Kind, Analysis], outputs: Outputs) -> None:
    for kind, analysis in analyses.items():
        path = outputs.path("results", kind)
        made = with_values(analysis) if study.settings.values else analysis
        outputs.table(path, made.results, made.about(path))
        write_shown_values(analysis, kind, outputs)
        write_direction_bed(outputs.add(outputs.path("calls", kind)), analysis.results)


def _write_carriers(answers: Mapping[Kind, Answer], outputs: Outputs) -> None:
    """Changes in some of the units; the results' own header says what was found, or why not."""
    for kind, one in answers.items():
        if one.carriers is not None:
            path = outputs.path("carriers", kind)
            outputs.table(path, one.carriers.table, one.analysis.about(path) | one.carriers.header)


def _write_genes(
    study: Study,
    speaking: Mapping[Kind, Analysis],
    analyses: Mapping[Kind, Analysis],
    domains: TestedDomains | None,
    outputs: Outputs,
) -> None:
    """One row a gene, and every gene of a peak.

    Parameters
    ----------
    speaking
        The kind that speaks for a gene, and what it says of each.
    """
    chosen = preset(outputs.mark)
    tables: dict[str, pd.DataFrame] = {k: a.results for k, a in analyses.items()}
    (main,) = speaking.values()
    kinds: dict[str, pd.DataFrame] = {k: a.results for k, a in speaking.items()}
    kinds |= {k: table for k, table in tables.items() if k not in kinds}
    if domains is not None and len(domains.genes):
        kinds["domains"] = domains.genes
    shared = None if domains is None else domains.shared
    side_by_side = genes_side_by_side(kinds, domains=shared)
    path = outputs.path("genes")
    about = main.about(path)
    if "domains" in kinds:
        about["domains_direction"] = DIRECTION_RULE
    outputs.table(path, side_by_side, about)
    if "peaks" in tables:
        window = chosen.window
        found = annotate_regions(
            tables["peaks"], study.reference.linked, promoter=window, main=chosen.main_kind
        )
        said = {"promoter": f"{window[0]} bp upstream to {window[1]} bp downstream of a start"}
        if (distance := own_distance(chosen.main_kind)) is not None:
            said["distal"] = (
                f"in no promoter or gene, the nearest start at most {distance:,} bp away"
            )
        outputs.table(outputs.path("links", "peaks"), found.links, said)


def _write_agreement(main: Analysis, agreement: Agreement, mark: str, outputs: Outputs) -> None:
    for warning in agreement.warnings:
        logger.warning("%s: %s", mark, warning)
    kept = ("contrast", "units", "normalization", "fdr", "threshold")
    about = {k: main.header[k] for k in kept if k in main.header} | agreement.header
    about["facts"] = {k: main.facts[k] for k in ("mark", "contrast") if k in main.facts}
    outputs.table(outputs.path("normalization"), agreement.table, about)
    outputs.table(outputs.path("normalization_calls"), agreement.calls, about)


def _write_arms(
    main: Analysis, arms: ArmShifts | None, mark: str, assembly: str | None, outputs: Outputs
) -> None:
    if arms is None:
        return
    for warning in arms.warnings:
        logger.warning("%s: %s", mark, warning)
    kept = ("contrast", "normalization", "copy number", "control", "arms", "arm warnings")
    about = {k: v for k, v in main.header.items() if k in kept}
    about["assembly"] = assembly or "unknown"
    outputs.table(outputs.path("arms"), arms.table, about)
