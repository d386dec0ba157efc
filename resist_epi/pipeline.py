"""`run`: a whole study, from a sheet to a folder of tables."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from resist_epi.analysis import Analysis, analyse, with_agreement
from resist_epi.checking import check_study
from resist_epi.config import PATHS, StudySettings
from resist_epi.consensus import Consensus
from resist_epi.counting import count_regions, share_in_regions
from resist_epi.enrichment import enrich, genes_one_by_one
from resist_epi.gene_values import genes_side_by_side
from resist_epi.inputs import (
    gene_covariates,
    genomes,
)
from resist_epi.io.builtin import gene_set_kinds, load_symbols
from resist_epi.io.igv import SessionTrack, write_session
from resist_epi.io.peaks import write_direction_bed
from resist_epi.io.sheet import read_sheet
from resist_epi.io.store import PARTIAL, file_name, unwritable, write_text
from resist_epi.io.study import write_study
from resist_epi.io.tables import read_counts, read_table, write_counts, write_table
from resist_epi.ledger import Ledger, file_checksums, step_key
from resist_epi.linking import annotate_regions
from resist_epi.mark_analysis import is_opposing, switches_of_study
from resist_epi.matrix import CountMatrix
from resist_epi.normalization_inputs import normalization_inputs
from resist_epi.pre_specified import pre_specified
from resist_epi.presets import preset
from resist_epi.provenance import record
from resist_epi.quality import principal_components, quality_table, sample_correlation
from resist_epi.relabelling import relabelling_header
from resist_epi.report import write_report
from resist_epi.samples import PATH_COLUMNS, SampleSheet
from resist_epi.schema import Kind
from resist_epi.sheet_counts import count_background, kind_regions
from resist_epi.study import (
    Study,
    check_settings,
    input_files,
    load_study,
    mark_consensus,
    mark_kinds,
    stop_on_errors,
)
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)

REPORT = "report"
SWITCHES = "switches"
PRE_SPECIFIED = "NSD2_TARGETS_ENDOCRINE_CORE"


def run_study(
    settings: StudySettings,
    out: str | Path,
    *,
    progress: Callable[[str], None] | None = None,
    report: bool = True,
) -> Path:
    """Run a study and write its folder, or finish one that stopped.

    Steps whose inputs (by checksum), settings and version are unchanged, and whose outputs are
    there as they were written, are reused; the log says which. What changed is made anew with all
    that depends on it.

    Parameters
    ----------
    settings
        Paths relative to the working directory.
    out
        Folder of the outputs; made if missing.
    progress
        Called with a line whenever a track was counted.
    report
        Whether figures and `report.html` are made besides the tables.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ResistEpiError
        If an input is wrong; what was finished by then stays in the folder.
    """
    out = Path(out)
    read_sheet(settings.sheet)  # a sheet that cannot be read must not touch an earlier run's folder
    _prepare(out)
    findings = check_study(settings.sheet)
    write_table(out / "check.tsv", findings)
    stop_on_errors(findings, settings.sheet)
    study = load_study(settings)
    check_settings(study)
    write_study(out / "study.yaml", settings)
    inputs = file_checksums(input_files(study))
    marks = {mark: _mark_keys(study, mark, inputs) for mark in study.sheet.marks}
    provenance = record(settings.model_dump(mode="json"), inputs)
    steps = {name: key for keys in marks.values() for name, key in keys.items()}
    steps[SWITCHES] = step_key(tests=steps)
    if report:
        about = {"provenance": provenance.to_json(), "check": findings.to_csv()}
        steps[REPORT] = step_key(tests=steps, **about)
    ledger = Ledger(out)
    ledger.open(steps)
    for mark, keys in marks.items():
        logger.info("%s: %d libraries", mark, len(study.sheet.for_mark(mark).samples))
        _run_mark(study, mark, ledger, keys, progress)
    if not ledger.is_done(SWITCHES):
        ledger.record(SWITCHES, steps[SWITCHES], _write_switches(study, out))
    _gather_quality(out, study.sheet.marks)
    write_text(out / "provenance.json", provenance.to_json())
    _write_session(study, out)
    if report and not ledger.is_done(REPORT):
        ledger.record(REPORT, steps[REPORT], write_report(out))
    return out


def _mark_keys(study: Study, mark: str, inputs: Mapping[str, str]) -> dict[str, str]:
    """Step -> digest of what it depends on, for the counts of each kind and for the tests."""
    sheet, settings, chosen = study.sheet.for_mark(mark), study.settings, preset(mark)

    def sums(*paths: object) -> list[str | None]:
        return [inputs.get(str(p)) for p in paths]

    shared = {
        "tracks": dict(zip(sheet.samples, sums(*sheet.table["Coverage"]), strict=True)),
        "library_sizes": _listed(sheet, "LibrarySize"),
        "genome": study.reference.name if settings.genes is None else settings.genome,
        "files": sums(settings.genes, settings.exclude),
        "preset": asdict(chosen),
    }
    keys: dict[str, str] = {}
    for kind in mark_kinds(study, mark):
        peaks = [sums(*sheet.table["Peaks"]), settings.min_overlap] if kind == "peaks" else None
        keys[f"counts {mark}.{kind}"] = step_key(**shared, kind=kind, peaks=peaks)
    rows = sheet.table.drop(columns=[c for c in PATH_COLUMNS if c in sheet.table])
    keys[f"tests {mark}"] = step_key(
        counts=list(keys.values()),
        rows={str(c): list(map(str, rows[c])) for c in rows},
        settings=settings.model_dump(mode="json", exclude={*PATHS, "jobs"}),
        gene_sets=sums(settings.gene_sets),
        peaks=sums(*sheet.table["Peaks"]) if "Peaks" in sheet.table else None,
    )
    return keys


def _listed(sheet: SampleSheet, column: str) -> list[str] | None:
    return None if column not in sheet.table else list(map(str, sheet.table[column]))


def _run_mark(
    study: Study,
    mark: str,
    ledger: Ledger,
    keys: Mapping[str, str],
    progress: Callable[[str], None] | None,
) -> None:
    """Count, test and link one mark, as far as that is not done yet."""
    sheet, out, name = study.sheet.for_mark(mark), ledger.folder, file_name(mark)
    consensus = mark_consensus(study, mark)
    counts: dict[Kind, CountMatrix] = {}
    tests = f"tests {mark}"
    tested = ledger.is_done(tests)
    for kind in mark_kinds(study, mark):
        step, path = f"counts {mark}.{kind}", out / "counts" / f"{name}.{kind}.parquet"
        if not ledger.is_done(step):
            counts[kind] = _count(study, sheet, kind, consensus, progress)
            write_counts(path, counts[kind])
            ledger.record(step, keys[step], [path])
        elif not tested:
            counts[kind] = read_counts(path)
    if not tested:
        ledger.record(tests, keys[tests], _test_mark(study, mark, counts, consensus, out))


def _test_mark(
    study: Study,
    mark: str,
    counts: Mapping[Kind, CountMatrix],
    consensus: Consensus | None,
    out: Path,
) -> list[Path]:
    """Test every kind of a mark's regions, link them to gene sets, and return the files written."""
    sheet, chosen, name = study.sheet.for_mark(mark), preset(mark), file_name(mark)
    written: list[Path] = []

    def write(path: str, table: pd.DataFrame, header: Mapping[str, str] | None = None) -> None:
        write_table(out / path, table, header=header or ())
        written.append(out / path)

    analyses: dict[Kind, Analysis] = {
        kind: _analyse(study, sheet, matrix, counts["bins"], consensus)
        for kind, matrix in counts.items()
        if kind != "bins"
    }
    compared = {
        kind: with_agreement(analysis, fdr=study.settings.fdr)
        for kind, analysis in analyses.items()
    }
    analyses = {kind: analysis for kind, (analysis, _) in compared.items()}
    if analyses[chosen.main_kind].tested:
        first = analyses[chosen.main_kind]
        first.header.update(
            relabelling_header(first.fit, first.design, first.contrast, fdr=study.settings.fdr)
        )
    for kind, analysis in analyses.items():
        write(f"differential/{name}.{kind}.tsv.gz", analysis.results, analysis.header)
        bed = out / "differential" / f"{name}.{kind}.bed"
        write_direction_bed(bed, analysis.results)
        written.append(bed)
    main, main_counts = analyses[chosen.main_kind], counts[chosen.main_kind]
    tables: dict[str, pd.DataFrame] = {
        kind: analysis.results for kind, analysis in analyses.items()
    }
    side_by_side = genes_side_by_side({chosen.main_kind: main.results, **tables})
    write(f"genes/{name}.tsv.gz", side_by_side, main.header)
    if "peaks" in tables:
        window = (chosen.upstream, chosen.downstream)
        found = annotate_regions(tables["peaks"], study.reference.annotation, promoter=window)
        about = {"promoter": f"{window[0]} bp upstream to {window[1]} bp downstream of a start"}
        write(f"links/{name}.peaks.tsv.gz", found.links, about)
    agreement = compared[chosen.main_kind][1]
    for warning in agreement.warnings:
        logger.warning("%s: %s", mark, warning)
    about = {k: main.header[k] for k in ("normalization", "units")} | agreement.header
    write(f"normalization/{name}.tsv", agreement.table, about)
    write(f"quality/{name}.tsv", _quality(study, sheet, main_counts, consensus))
    write(f"quality/{name}.correlation.tsv", sample_correlation(main_counts).reset_index())
    components = principal_components(main_counts)
    explained = " ".join(f"{share:.4f}" for share in components.attrs["explained"])
    write(f"quality/{name}.pca.tsv", components, {"share of variance": explained})
    for path, table, header in _gene_sets(study, main, name):
        write(path, table, header)
    return written


def _gather_quality(out: Path, marks: Sequence[str]) -> None:
    tables = [read_table(out / "quality" / f"{file_name(mark)}.tsv") for mark in marks]
    write_table(out / "qc.tsv", pd.concat(tables, ignore_index=True))


def _prepare(out: Path) -> None:
    """Make the folder, and find out before hours of work whether it can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f"{PARTIAL}{os.getpid()}-probe"
        probe.write_text("probe")
        probe.unlink()
    except OSError as error:
        raise unwritable(out, error) from error


def _count(
    study: Study,
    sheet: SampleSheet,
    kind: Kind,
    consensus: Consensus | None,
    progress: Callable[[str], None] | None,
) -> CountMatrix:
    tracks = {s: study.tracks[s] for s in sheet.samples}
    said = None if progress is None else lambda s: progress(f"{s}: {kind} counted")
    if kind == "bins":
        return count_background(
            tracks, sheet, study.reference, exclude=study.exclude, progress=said
        )
    regions = kind_regions(kind, study.reference, preset(sheet.marks[0]), consensus=consensus)
    return count_regions(
        tracks,
        regions,
        library_sizes=sheet.numbers("LibrarySize"),
        exclude=study.exclude,
        genome=study.reference.genome,
        known=genomes(),
        progress=said,
    )


def _analyse(
    study: Study,
    sheet: SampleSheet,
    matrix: CountMatrix,
    bins: CountMatrix,
    consensus: Consensus | None,
) -> Analysis:
    settings = study.settings
    inputs = normalization_inputs(
        matrix,
        sheet,
        bins=bins,
        exclude=study.exclude,
        consensus=None if consensus is None else consensus.regions,
        peaks=study.peaks,
    )
    return analyse(
        matrix,
        sheet,
        formula=settings.design,
        contrast=settings.contrast,
        method=settings.method,
        normalize=settings.normalize,
        inputs=inputs,
        fdr=settings.fdr,
        lfc_threshold=settings.lfc_threshold,
        block=settings.block,
        strata=settings.strata,
        fold_changes="if_untestable",
    )


def _write_switches(study: Study, out: Path) -> list[Path]:
    """Compare opposing marks gene by gene, if the study has two, and return what was written."""
    analyses = {}
    for mark in study.sheet.marks:
        if is_opposing(mark):
            kinds = (preset(mark).main_kind, "bins")
            stem = out / "counts" / file_name(mark)
            main, bins = (read_counts(f"{stem}.{kind}.parquet") for kind in kinds)
            sheet, consensus = study.sheet.for_mark(mark), mark_consensus(study, mark)
            analyses[mark] = _analyse(study, sheet, main, bins, consensus)
    table = switches_of_study(analyses, fdr=study.settings.fdr)
    if table is None:
        return []
    path = out / "marks" / "switches.tsv"
    write_table(path, table, header={"resist_epi": VERSION} | table.attrs["header"])
    return [path]


def _quality(
    study: Study,
    sheet: SampleSheet,
    matrix: CountMatrix,
    consensus: Consensus | None,
) -> pd.DataFrame:
    tracks = {s: study.tracks[s] for s in sheet.samples}
    promoters = kind_regions("promoters", study.reference, preset(sheet.marks[0]))
    return quality_table(
        matrix,
        sheet,
        in_peaks=None
        if consensus is None
        else share_in_regions(tracks, consensus.regions, exclude=study.exclude),
        in_promoters=share_in_regions(tracks, promoters, exclude=study.exclude),
        n_peaks={s: len(p) for s, p in study.peaks.items()},
    )


def _gene_sets(
    study: Study, main: Analysis, name: str
) -> Iterator[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Path, table and header of each table that links a mark's genes to sets."""
    symbols = load_symbols()
    table = enrich(
        main.results,
        study.gene_sets,
        fit=main.fit if main.tested else None,
        contrast=main.contrast,
        fdr=study.settings.fdr,
        own_sets=study.own_sets,
        symbols=symbols,
        kinds={} if study.own_sets else gene_set_kinds(),
    )
    yield f"gene_sets/{name}.tsv", table, main.header | table.attrs["header"]
    if PRE_SPECIFIED in study.gene_sets:
        core = study.gene_sets[PRE_SPECIFIED]
        one_by_one = genes_one_by_one(main.results, core, symbols=symbols)
        yield f"gene_sets/{name}.nsd2_core.tsv", one_by_one, main.header
        if main.tested and main.contrast.vector.any():  # a hazard has no contrast of groups
            test = pre_specified(
                main.results,
                core,
                fit=main.fit,
                contrast=main.contrast,
                covariates=gene_covariates(study.reference),
                symbols=symbols,
            )
            header = main.header | test.attrs["header"]
            yield f"gene_sets/{name}.nsd2_core_test.tsv", test, header


def _write_session(study: Study, out: Path) -> None:
    table = study.sheet.table
    tracks = [
        SessionTrack(Path(row["Coverage"]), row["SampleID"], row["Condition"], row["Factor"])
        for row in table.sort_values(["Factor", "Condition"], kind="stable").to_dict("records")
        if row.get("Coverage")
    ]
    calls = [
        (out / "differential" / f"{file_name(mark)}.{kind}.bed", f"{mark} {kind}: gain and loss")
        for mark in study.sheet.marks
        for kind in mark_kinds(study, mark)
    ]
    genome = study.reference.genome
    write_session(
        out / "igv_session.xml", tracks, calls, genome=None if genome is None else genome.name
    )
