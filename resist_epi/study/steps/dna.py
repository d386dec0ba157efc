"""What a run knows of its samples' DNA: copy number, and the controls in every kind of regions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from resist_epi.counting.controls import (
    control_paths,
    count_controls,
    count_controls_in_tables,
    has_controls,
    open_controls,
)
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import write_counts
from resist_epi.dna.copy_number import COPY_NUMBER_BIN, log2_copy_number
from resist_epi.dna.copy_number_effects import amplicon_table
from resist_epi.dna.seg import read_seg, write_seg
from resist_epi.dna.segments import study_segments
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.cytogenetics import load_amplicons
from resist_epi.io.digest import step_key
from resist_epi.io.run_folder import run_path
from resist_epi.io.tables import read_table, write_table
from resist_epi.schema import SEGMENTS, Kind, names
from resist_epi.study.ledger import Ledger
from resist_epi.study.study import Study, chrom_lengths, counting_pass, mark_kinds
from resist_epi.tracks.opened import OpenedFile

logger = logging.getLogger(__name__)

STEP = "copy number"


def copy_number_key(study: Study, inputs: Mapping[str, str]) -> dict[str, str]:
    """Step -> digest of what copy number depends on; empty where it is not asked for."""
    settings, sheet = study.settings, study.sheet
    source = settings.question.confounders.source
    if source == "none":
        return {}
    columns = ["SampleID", "Patient", "ControlID", "Purity"]
    if source == "input":
        columns = ["SampleID", "ControlCoverage", "bamControl"]
    files = {"segments": settings.segments, "fasta": settings.fasta, "exclude": settings.exclude}
    depends = {
        "source": source,
        "files": {k: inputs.get(str(v)) for k, v in files.items()},
        "rows": {
            c: [inputs.get(str(v), str(v)) for v in sheet.table[c]]
            for c in columns
            if c in sheet.table
        },
        "genome": None if study.reference.genome is None else study.reference.genome.name,
    }
    return {STEP: step_key(**depends)}


def with_copy_number_of_study(
    study: Study,
    ledger: Ledger,
    keys: Mapping[str, str],
    progress: Callable[[str], None] | None,
) -> Study:
    """Return the study with its segments, if copy number is asked for; made anew if need be.

    Writes `copy_number/segments.seg`, which IGV shows, and `copy_number/amplicons.tsv`.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    if STEP not in keys:
        if study.settings.control == "none" and has_controls(study.sheet):
            logger.info(
                "the sheet's inputs are not used: --control filter or offset, and --copy-number"
                " input, would use them"
            )
        return replace(study, folder=ledger.folder)
    seg, amplicons = (run_path(ledger.folder, n) for n in ("segments", "amplicons"))
    if not ledger.is_done(STEP):
        table, note = _segments(study, progress)
        write_seg(seg, table)
        _write_amplicons(study, amplicons, table, note)
        ledger.record(STEP, keys[STEP], [seg, amplicons])
    # Read back, so that a run that goes on has the very numbers of one that went through.
    note = read_table(amplicons).attrs["header"]["copy number"]
    table = read_seg(seg)[names(SEGMENTS)]
    return replace(study, folder=ledger.folder, segments=table, segments_note=note)


def with_copy_number(study: Study, progress: Callable[[str], None] | None = None) -> Study:
    """Return the study with its segments, if copy number is asked for, and write no folder.

    Raises
    ------
    ResistEpiError
        If an input is wrong.
    """
    if study.settings.question.confounders.source == "none":
        return study
    table, note = _segments(study, progress)
    with TemporaryDirectory() as folder:  # a run reads its own back: the numbers are the file's
        write_seg(Path(folder) / "segments.seg", table)
        table = read_seg(Path(folder) / "segments.seg")[names(SEGMENTS)]
    return replace(study, segments=table, segments_note=note)


def _segments(study: Study, progress: Callable[[str], None] | None) -> tuple[pd.DataFrame, str]:
    """Copy number of every library as the settings ask, and where it is from, in words."""
    settings = study.settings
    return study_segments(
        study.sheet,
        chrom_lengths(study),
        source=settings.question.confounders.source,
        segments=settings.segments,
        fasta=settings.fasta,
        exclude=study.exclude,
        naming=study.naming,
        progress=progress,
    )


def _write_amplicons(study: Study, path: Path, segments: pd.DataFrame, note: str) -> None:
    genome = study.reference.genome
    bins = genome_bins(chrom_lengths(study), COPY_NUMBER_BIN)
    table = amplicon_table(
        log2_copy_number(bins, segments, study.sheet.samples),
        bins,
        study.sheet.samples,
        load_amplicons(None if genome is None else genome.name),
    )
    about = "log2 of the DNA of each library in recurrent gains of ER-positive breast tumours"
    write_table(path, table, header={"copy number": note, "values": about})


def controls_path(folder: Path, mark: str, kind: str) -> Path:
    """Where a run keeps the counts of the controls in one kind of regions."""
    return run_path(folder, "control_counts", mark, kind)


def controls_keys(
    study: Study, mark: str, keys: Mapping[str, str], inputs: Mapping[str, str]
) -> dict[str, str]:
    """Step -> digest, for the counts of the controls; empty where they are not used.

    Parameters
    ----------
    keys
        Of the mark's counts, whose regions the controls are counted in.
    """
    if study.settings.control == "none":
        return {}
    _, paths = control_paths(study.sheet.for_mark(mark))
    files = {sample: inputs.get(str(path)) for sample, path in paths.items()}
    return {
        f"inputs {mark}.{kind}": step_key(files=files, counts=keys[f"counts {mark}.{kind}"])
        for kind in mark_kinds(study, mark)
    }


def controls_of_mark(study: Study, mark: str) -> dict[str, OpenedFile]:
    """Open a mark's controls, whose reads count as those of its libraries do.

    Raises
    ------
    ResistEpiError
        If a control cannot be read.
    """
    rules = {s: file.rules for s, file in study.sources[mark].files.items()}
    return open_controls(study.sheet.for_mark(mark), rules=rules)


def count_controls_in(
    study: Study,
    mark: str,
    matrix: CountMatrix,
    *,
    controls: Mapping[str, OpenedFile] | None = None,
    progress: Callable[[str], None] | None = None,
) -> CountMatrix:
    """Count a mark's controls in the regions of a matrix.

    Parameters
    ----------
    controls
        As of `controls_of_mark`, where they were opened before.

    Raises
    ------
    ResistEpiError
        If a control cannot be read.
    """
    return count_controls(
        study.sheet.for_samples(matrix.samples),
        matrix.regions,
        controls=controls_of_mark(study, mark) if controls is None else controls,
        how=counting_pass(study, progress),
    )


def count_controls_of_mark(
    study: Study,
    mark: str,
    ledger: Ledger,
    keys: Mapping[str, str],
    counts: Mapping[Kind, CountMatrix],
    progress: Callable[[str], None] | None,
) -> None:
    """Count a mark's controls in the regions of some of its counts, each control once.

    Raises
    ------
    ResistEpiError
        If a control cannot be read.
    """
    found = count_controls_in_tables(
        study.sheet.for_mark(mark),
        {kind: matrix.regions for kind, matrix in counts.items()},
        controls=controls_of_mark(study, mark),
        how=counting_pass(study, progress),
    )
    for kind, counted in found.items():
        step, path = f"inputs {mark}.{kind}", controls_path(ledger.folder, mark, kind)
        write_counts(path, counted)
        ledger.record(step, keys[step], [path])
