"""What the marks of a study say together: switches, other assays, mechanisms."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from resist_epi.counting.matrix_files import read_counts
from resist_epi.dna.describe import describe_confounders
from resist_epi.errors import DesignError
from resist_epi.genes.builtin import gene_set_kinds, load_gene_sets, load_symbols
from resist_epi.genes.covariates import gene_covariates
from resist_epi.genes.gene_sets import match_sets
from resist_epi.io.run_folder import run_path
from resist_epi.mechanism.assays import ASSAYS
from resist_epi.mechanism.builtin import load_mechanisms
from resist_epi.mechanism.compare_assay import EvidenceResult, compare_assay
from resist_epi.mechanism.evidence import Thresholds
from resist_epi.mechanism.find_switches import is_opposing, switches_of_study
from resist_epi.mechanism.layers import Layer
from resist_epi.mechanism.mechanisms import mechanism_table
from resist_epi.mechanism.sentences import mechanism_sentences
from resist_epi.model.analysis import Analysis
from resist_epi.samples.presets import preset
from resist_epi.study.answers import assembly_of
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.analyses import analyse_kind, genes_of_kind
from resist_epi.study.steps.domains import written_domains
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.steps.outside import write_outside_cohort
from resist_epi.study.steps.tissue import write_expression_scores, write_scored_sheet
from resist_epi.study.study import Study, mark_kinds
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)


def write_between_marks(
    study: Study, out: Path, analyses: Mapping[str, Sequence[Analysis]]
) -> list[Path]:
    """Write the switches, the comparison with other assays, and the mechanisms of every contrast.

    Switches need two opposing marks, mechanisms any mark for which a sign was stated in advance.

    Parameters
    ----------
    analyses
        Mark -> analyses of the regions that speak for its genes, a contrast each, as
        `mark_tests.run_tests` made them. Where a run goes on after a mark was done, they are
        missing and made again from the counts.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ResistEpiError
        As `switches.mark_switches`, `compare_assay.compare_assay`.
    """
    every = {
        mark: analyses[mark] if mark in analyses else _main_analyses(study, mark, out)
        for mark in study.sheet.marks
    }
    written = []
    for i, place in enumerate(study.contrasts or (out,)):
        written += _of_contrast(study, place, {mark: found[i] for mark, found in every.items()})
    return written


def _of_contrast(study: Study, place: Path, analyses: Mapping[str, Analysis]) -> list[Path]:
    outputs = Outputs(place)
    if (scored := write_scored_sheet(study, place, analyses)) is not None:
        outputs.add(scored)
    opposing = {mark: found for mark, found in analyses.items() if is_opposing(mark)}
    switches = switches_of_study(opposing, fdr=study.settings.fdr)
    if switches is not None:
        header = {"resist_epi": VERSION} | switches.attrs["header"]
        outputs.table(outputs.path("switches"), switches, header)
    found = _write_evidence(study, analyses, outputs)
    write_outside_cohort(study.settings, analyses, outputs)
    write_expression_scores(analyses, found, outputs)
    _write_mechanisms(study, analyses, switches, found, outputs)
    return outputs.written


def assay_files(settings: StudySettings) -> dict[str, Path]:
    """Assay -> file, of those that the study has."""
    named = {name: getattr(settings, name) for name in ASSAYS}
    return {name: path for name, path in named.items() if path is not None}


def _main_analyses(study: Study, mark: str, out: Path) -> list[Analysis]:
    """The analyses of the regions that speak for a mark's genes, from the counts in the folder."""
    speaks = preset(mark).speaks(mark_kinds(study, mark))
    main, bins = (read_counts(run_path(out, "counts", mark, kind)) for kind in (speaks, "bins"))
    analyses = []
    for found in analyse_kind(study, study.sheet.for_mark(mark), main, bins):
        described, _ = describe_confounders(
            found, segments=study.segments, assembly=assembly_of(study)
        )
        analyses.append(genes_of_kind(study, mark, described, speaks))
    return analyses


def _write_evidence(
    study: Study, analyses: Mapping[str, Analysis], outputs: Outputs
) -> dict[str, dict[str, EvidenceResult]]:
    """Compare every mark with every other assay; assay -> mark -> what was found."""
    settings, symbols = study.settings, load_symbols()
    thresholds = Thresholds(
        settings.evidence_max_p, settings.evidence_min_fold_change, settings.fdr
    )
    found: dict[str, dict[str, EvidenceResult]] = {}
    summaries, header = [], {"resist_epi": VERSION}
    for assay, path in assay_files(settings).items():
        for mark, analysis in analyses.items():
            result = compare_assay(
                analysis.results,
                path,
                assay=assay,
                mark=mark,
                analysis=analysis,
                covariates=gene_covariates(study.reference),
                symbols=symbols,
                thresholds=thresholds,
            )
            logger.info("%s and %s: %s", mark, assay, result.header["concordance"])
            about = {"resist_epi": VERSION, "contrast": analysis.contrast.words} | result.header
            outputs.table(outputs.path("evidence", assay, mark=mark), result.joined, about)
            found.setdefault(assay, {})[mark] = result
            summaries.append(result.summary)
            header[f"{mark} and {assay}"] = result.header["concordance"]
    if summaries:
        outputs.table(outputs.path("concordance"), pd.concat(summaries), header)
    return found


def _write_mechanisms(
    study: Study,
    analyses: Mapping[str, Analysis],
    switches: pd.DataFrame | None,
    evidence: Mapping[str, Mapping[str, EvidenceResult]],
    outputs: Outputs,
) -> None:
    stated = [m for m in analyses if any(x.expects(m).main for x in load_mechanisms())]
    if not stated:
        logger.info("no mechanism table: nothing was stated in advance for these marks")
        return
    named = analyses[stated[0]].results["symbol"].tolist()
    if not any(map(len, match_sets(load_gene_sets(), named, load_symbols()).values())):
        logger.info("no mechanism table: none of the built-in gene sets has a gene in this study")
        return
    layers = [_mark_layer(mark, analyses[mark], outputs.folder) for mark in stated]
    layers += [
        Layer(assay, next(iter(by_mark.values())).as_results(fdr=study.settings.fdr))
        for assay, by_mark in evidence.items()
    ]
    contrasts = {analyses[mark].contrast.name for mark in stated}
    if len(contrasts) > 1:
        raise DesignError(f"the marks are tested for different contrasts: {', '.join(contrasts)}")
    table = mechanism_table(
        layers,
        load_mechanisms(),
        load_gene_sets(),
        kinds=gene_set_kinds(),
        switches=switches,
        covariates=gene_covariates(study.reference),
        symbols=load_symbols(),
        fdr=study.settings.fdr,
    )
    said = mechanism_sentences(table)
    header = {
        "resist_epi": VERSION,
        "contrast": analyses[stated[0]].contrast.words,
        "facts": {"contrast": analyses[stated[0]].facts["contrast"]},
        **table.attrs["header"],
        "summary": "; ".join(said) if said else "no mechanism stands out",
    }
    outputs.table(outputs.path("mechanisms"), table, header)


def _mark_layer(mark: str, analysis: Analysis, out: Path) -> Layer:
    return Layer(
        mark,
        analysis.results,
        analysis.fit if analysis.tested else None,
        analysis.contrast,
        analysis.question.lfc_threshold,
        written_domains(out, mark),
        analysis.design,
        analysis.matrix,
    )
