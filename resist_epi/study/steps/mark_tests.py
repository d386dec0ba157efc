"""The tests of one mark: every kind of regions, their genes and gene sets."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.arms import ArmShifts
from resist_epi.dna.describe import describe_confounders
from resist_epi.domains.window_tests import DIRECTION_RULE
from resist_epi.genes.gene_values import genes_side_by_side
from resist_epi.genes.linking import annotate_regions
from resist_epi.genome.consensus import Consensus
from resist_epi.genome.peaks import write_direction_bed
from resist_epi.model.agreement import Agreement, with_agreement
from resist_epi.model.analysis import Analysis
from resist_epi.model.known import read_known
from resist_epi.model.relabelling import with_relabelling
from resist_epi.model.subsets import with_carriers
from resist_epi.samples.presets import preset
from resist_epi.schema import Kind
from resist_epi.study.steps.analyses import analyse_kind
from resist_epi.study.steps.domains import TestedDomains, run_domain_tests
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.steps.profiles import write_profiles
from resist_epi.study.steps.quality import write_quality
from resist_epi.study.steps.sets import write_gene_sets
from resist_epi.study.steps.tissue import write_scores
from resist_epi.study.steps.where import write_where
from resist_epi.study.study import Study

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MarkTests:
    """What came of testing a mark.

    Attributes
    ----------
    main
        The analysis of the regions that speak for its genes.
    written
        The files.
    """

    main: Analysis
    written: list[Path]


def run_tests(
    study: Study,
    mark: str,
    counts: Mapping[Kind, CountMatrix],
    shares: pd.DataFrame,
    consensus: Consensus | None,
    out: Path,
    *,
    windows: CountMatrix | None = None,
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
    sheet, chosen, outputs = study.sheet.for_mark(mark), preset(mark), Outputs(out, mark)
    analyses: dict[Kind, Analysis] = {}
    agreements: dict[Kind, Agreement] = {}
    arms: dict[Kind, ArmShifts | None] = {}
    genome = study.reference.genome
    assembly = None if genome is None else genome.name
    for kind, matrix in counts.items():
        if kind != "bins":
            found = analyse_kind(study, sheet, matrix, counts["bins"], consensus)
            path = study.settings.known if kind == chosen.main_kind else None
            known = None if path is None else read_known(path)
            found, agreements[kind] = with_agreement(found, known)
            analyses[kind], arms[kind] = describe_confounders(
                found, segments=study.segments, assembly=assembly
            )
    if analyses[chosen.main_kind].tested:
        analyses[chosen.main_kind] = with_relabelling(analyses[chosen.main_kind])
    analyses = _write_carriers(analyses, outputs)
    main = analyses[chosen.main_kind]
    domains = None
    if windows is not None:
        domains = run_domain_tests(study, mark, windows, counts["bins"], consensus, outputs)
    _write_results(analyses, outputs)
    _write_genes(study, analyses, domains, mark, outputs)
    _write_agreement(main, agreements[chosen.main_kind], mark, outputs)
    _write_arms(main, arms[chosen.main_kind], mark, assembly, outputs)
    write_quality(study, sheet, counts[chosen.main_kind], shares, outputs)
    shared = None if domains is None else domains.shared
    write_gene_sets(study, main, outputs, domains=shared)
    write_scores(study, main, outputs)
    write_where(study, sheet, analyses, main, counts["bins"], outputs)
    write_profiles(study, mark, main, outputs)
    return MarkTests(main, outputs.written)


def _write_results(analyses: Mapping[Kind, Analysis], outputs: Outputs) -> None:
    for kind, analysis in analyses.items():
        path = outputs.path("results", kind)
        outputs.table(path, analysis.results, analysis.about(path))
        write_direction_bed(outputs.add(outputs.path("calls", kind)), analysis.results)


def _write_carriers(analyses: Mapping[Kind, Analysis], outputs: Outputs) -> dict[Kind, Analysis]:
    """Changes in some of the units; the results' own header says what was found, or why not."""
    described: dict[Kind, Analysis] = {}
    for kind, analysis in analyses.items():
        described[kind] = analysis
        if not analysis.tested:
            continue
        described[kind], found = with_carriers(analysis)
        if found is not None:
            path = outputs.path("carriers", kind)
            outputs.table(path, found.table, analysis.about(path) | found.header)
    return described


def _write_genes(
    study: Study,
    analyses: Mapping[Kind, Analysis],
    domains: TestedDomains | None,
    mark: str,
    outputs: Outputs,
) -> None:
    """One row a gene, and every gene of a peak."""
    chosen = preset(mark)
    tables: dict[str, pd.DataFrame] = {k: a.results for k, a in analyses.items()}
    main = analyses[chosen.main_kind]
    kinds = {chosen.main_kind: main.results, **tables}
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
        window = (chosen.upstream, chosen.downstream)
        found = annotate_regions(tables["peaks"], study.reference.annotation, promoter=window)
        said = {"promoter": f"{window[0]} bp upstream to {window[1]} bp downstream of a start"}
        outputs.table(outputs.path("links", "peaks"), found.links, said)


def _write_agreement(main: Analysis, agreement: Agreement, mark: str, outputs: Outputs) -> None:
    for warning in agreement.warnings:
        logger.warning("%s: %s", mark, warning)
    kept = ("contrast", "units", "normalization", "fdr", "threshold")
    about = {k: main.header[k] for k in kept if k in main.header} | agreement.header
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
