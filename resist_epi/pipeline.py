"""`run`: a whole study, from a sheet to a folder of tables."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from resist_epi import differential, normalization
from resist_epi.analysis import Analysis, analyse
from resist_epi.checking import check_study
from resist_epi.config import StudySettings
from resist_epi.consensus import Consensus
from resist_epi.counting import CoverageTrack, count_regions, share_in_regions
from resist_epi.design import formula_columns, make_contrast, make_design
from resist_epi.enrichment import enrich, genes_one_by_one
from resist_epi.errors import DesignError, InputFormatError, SampleSheetError
from resist_epi.gene_sets import GeneSet
from resist_epi.inputs import (
    Disjoint,
    Reference,
    genomes,
    load_exclude,
    load_reference,
    load_sets,
    sheet_consensus,
    sheet_peaks,
    sheet_tracks,
)
from resist_epi.io.builtin import load_symbols
from resist_epi.io.peaks import write_direction_bed
from resist_epi.io.sheet import read_sheet
from resist_epi.io.store import write_text
from resist_epi.io.study import write_study
from resist_epi.io.tables import write_counts, write_table
from resist_epi.matrix import CountMatrix
from resist_epi.normalization import factors_table
from resist_epi.presets import MarkPreset, preset
from resist_epi.provenance import record
from resist_epi.quality import principal_components, quality_table, sample_correlation
from resist_epi.samples import PATH_COLUMNS, SampleSheet
from resist_epi.schema import Kind
from resist_epi.sheet_counts import kind_regions

logger = logging.getLogger(__name__)

# Problems in these columns stop a run; others concern files that it does not read.
_NEEDED = {"", "Coverage", "Peaks", "Assembly"}
PRE_SPECIFIED = "NSD2_TARGETS_ENDOCRINE_CORE"


@dataclass(frozen=True)
class Study:
    """What all marks of a run share.

    Attributes
    ----------
    settings
        As asked for, with paths that can be opened from here.
    sheet
        All rows.
    reference
        Genes and assembly.
    tracks, peaks
        SampleID -> open track, table of peaks.
    exclude
        Chromosome -> excluded intervals.
    gene_sets
        Name -> set.
    own_sets
        Whether the sets are the user's.
    """

    settings: StudySettings
    sheet: SampleSheet
    reference: Reference
    tracks: Mapping[str, CoverageTrack]
    peaks: Mapping[str, pd.DataFrame]
    exclude: Disjoint
    gene_sets: Mapping[str, GeneSet]
    own_sets: bool


@dataclass(frozen=True)
class MarkResult:
    """What a run found for one mark: analyses by region kind, and gene sets.

    Attributes
    ----------
    mark, preset
        The mark and what it needs.
    counts
        Region kind -> matrix, a column a library.
    analyses
        Region kind -> analysis.
    gene_sets
        The contract's gene-set table.
    """

    mark: str
    preset: MarkPreset
    counts: Mapping[str, CountMatrix]
    analyses: Mapping[str, Analysis]
    gene_sets: pd.DataFrame


def run_study(
    settings: StudySettings, out: str | Path, *, progress: Callable[[str], None] | None = None
) -> dict[str, MarkResult]:
    """Run a study and write its folder.

    Parameters
    ----------
    settings
        Paths relative to the working directory.
    out
        Folder of the outputs; made if missing.
    progress
        Called with a line whenever a track was counted.

    Returns
    -------
    dict
        Mark -> results, as written.

    Raises
    ------
    ResistEpiError
        If an input is wrong; what was finished by then stays in the folder.
    """
    out = Path(out)
    _prepare(out)
    findings = check_study(settings.sheet)
    write_table(out / "check.tsv", findings)
    _stop_on_errors(findings, settings.sheet, out)
    study = load_study(settings)
    _check_settings(study)
    write_study(out / "study.yaml", settings)
    results: dict[str, MarkResult] = {}
    quality: list[pd.DataFrame] = []
    for mark in study.sheet.marks:
        logger.info("%s: %d libraries", mark, len(study.sheet.for_mark(mark).samples))
        results[mark] = run_mark(study, mark, out, quality=quality, progress=progress)
    write_table(out / "qc.tsv", pd.concat(quality, ignore_index=True))
    write_text(
        out / "provenance.json",
        record(settings.model_dump(mode="json"), _input_files(study)).to_json(),
    )
    return results


def load_study(settings: StudySettings) -> Study:
    """Read everything that the settings name.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    sheet = read_sheet(settings.sheet)
    tracks = sheet_tracks(sheet)
    return Study(
        settings=settings,
        sheet=sheet,
        reference=load_reference(settings.genome, settings.genes, tracks=tracks),
        tracks=tracks,
        peaks=sheet_peaks(sheet),
        exclude=load_exclude(settings.exclude),
        gene_sets=load_sets(settings.gene_sets),
        own_sets=settings.gene_sets is not None,
    )


def run_mark(
    study: Study,
    mark: str,
    out: Path,
    *,
    quality: list[pd.DataFrame],
    progress: Callable[[str], None] | None = None,
) -> MarkResult:
    """Count, test and link one mark, and write its tables.

    Parameters
    ----------
    quality
        The mark's quality table is added to it.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    sheet, chosen, name = study.sheet.for_mark(mark), preset(mark), file_name(mark)
    consensus = sheet_consensus(sheet, study.peaks, min_overlap=study.settings.min_overlap)
    kinds: list[Kind] = [k for k in chosen.kinds if k != "peaks"]
    if consensus is not None:
        kinds.append("peaks")
    counts: dict[str, CountMatrix] = {}
    analyses: dict[str, Analysis] = {}
    for kind in kinds:
        counts[kind] = _count(study, sheet, kind, chosen, consensus, progress)
        write_counts(out / "counts" / f"{name}.{kind}.parquet", counts[kind])
        analyses[kind] = _analyse(study, sheet, counts[kind])
        _write_results(out / "differential" / f"{name}.{kind}", analyses[kind])
    main = analyses[chosen.main_kind]
    quality.append(_quality(study, sheet, counts[chosen.main_kind], chosen, consensus))
    write_table(
        out / "normalization" / f"{name}.tsv",
        factors_table(main.matrix, main.fit.normalization),
        header={"normalization": main.header["normalization"], "units": main.header["units"]},
    )
    write_table(
        out / "quality" / f"{name}.correlation.tsv",
        sample_correlation(counts[chosen.main_kind]).reset_index(),
    )
    components = principal_components(counts[chosen.main_kind])
    write_table(
        out / "quality" / f"{name}.pca.tsv",
        components,
        header=[
            f"share of variance: {' '.join(f'{s:.4f}' for s in components.attrs['explained'])}"
        ],
    )
    sets = _gene_sets(study, main, out, name)
    return MarkResult(mark, chosen, counts, analyses, sets)


def file_name(mark: str) -> str:
    """Name of a mark as it stands in file names: whatever is not a letter, digit, . or - is _."""
    return re.sub(r"[^A-Za-z0-9.+-]", "_", mark)


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputFormatError(
            f"cannot be made: {error.strerror}",
            path=out,
            remedy="choose another folder with -o",
        ) from error
    write_text(
        out / "check.tsv", ""
    )  # says at once, before hours of work, if nothing can be written


def _stop_on_errors(findings: pd.DataFrame, sheet: Path, out: Path) -> None:
    errors = findings[(findings["level"] == "error") & findings["column"].isin(_NEEDED)]
    if errors.empty:
        return
    problems = [": ".join(filter(None, map(str, row))) for row in errors.to_numpy()[:, 1:]]
    raise SampleSheetError(sheet, problems)


def _check_settings(study: Study) -> None:
    """Find a wrong name or an impossible design before hours of counting, not after."""
    settings = study.settings
    for chosen, known, what in (
        (settings.method, differential.METHODS, "method"),
        (settings.normalize, normalization.METHODS, "normalisation"),
    ):
        if chosen is not None and chosen not in known:
            raise DesignError(f"unknown {what} {chosen!r}; expected one of {', '.join(known)}")
    for mark in study.sheet.marks:
        sheet = study.sheet.for_mark(mark)
        formula, _ = formula_columns(settings.design, sheet)
        make_contrast(make_design(sheet, formula), settings.contrast)


def _count(
    study: Study,
    sheet: SampleSheet,
    kind: Kind,
    chosen: MarkPreset,
    consensus: Consensus | None,
    progress: Callable[[str], None] | None,
) -> CountMatrix:
    regions = kind_regions(kind, study.reference, chosen, consensus=consensus)
    return count_regions(
        {s: study.tracks[s] for s in sheet.samples},
        regions,
        library_sizes=sheet.numbers("LibrarySize"),
        exclude=study.exclude,
        genome=study.reference.genome,
        known=genomes(),
        progress=None if progress is None else lambda s: progress(f"{s}: {kind} counted"),
    )


def _analyse(study: Study, sheet: SampleSheet, matrix: CountMatrix) -> Analysis:
    settings = study.settings
    return analyse(
        matrix,
        sheet,
        formula=settings.design,
        contrast=settings.contrast,
        method=settings.method,
        normalize=settings.normalize,
        fdr=settings.fdr,
        fold_changes="if_untestable",
    )


def _write_results(stem: Path, analysis: Analysis) -> None:
    write_table(f"{stem}.tsv.gz", analysis.results, header=analysis.header)
    write_direction_bed(f"{stem}.bed", analysis.results)


def _quality(
    study: Study,
    sheet: SampleSheet,
    matrix: CountMatrix,
    chosen: MarkPreset,
    consensus: Consensus | None,
) -> pd.DataFrame:
    tracks = {s: study.tracks[s] for s in sheet.samples}
    promoters = kind_regions("promoters", study.reference, chosen)
    return quality_table(
        matrix,
        sheet,
        in_peaks=None
        if consensus is None
        else share_in_regions(tracks, consensus.regions, exclude=study.exclude),
        in_promoters=share_in_regions(tracks, promoters, exclude=study.exclude),
        n_peaks={s: len(p) for s, p in study.peaks.items()},
    )


def _gene_sets(study: Study, main: Analysis, out: Path, name: str) -> pd.DataFrame:
    symbols = load_symbols()
    table = enrich(
        main.results,
        study.gene_sets,
        fit=main.fit if main.tested else None,
        contrast=main.contrast,
        fdr=study.settings.fdr,
        own_sets=study.own_sets,
        symbols=symbols,
    )
    header = main.header | table.attrs["header"]
    write_table(out / "gene_sets" / f"{name}.tsv", table, header=header)
    if PRE_SPECIFIED in study.gene_sets:
        one_by_one = genes_one_by_one(main.results, study.gene_sets[PRE_SPECIFIED], symbols=symbols)
        write_table(out / "gene_sets" / f"{name}.nsd2_core.tsv", one_by_one, header=main.header)
    return table


def _input_files(study: Study) -> list[Path]:
    table, settings = study.sheet.table, study.settings
    named = [p for c in PATH_COLUMNS if c in table for p in table[c] if p and Path(p).is_file()]
    others = (settings.sheet, settings.genes, settings.exclude, settings.gene_sets)
    return [Path(p) for p in dict.fromkeys([*map(str, filter(None, others)), *named])]
