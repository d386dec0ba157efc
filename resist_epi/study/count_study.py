"""One kind of a sheet's regions counted as a run counts it, for a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.find import find_domains
from resist_epi.errors import DesignError, InputFormatError, did_you_mean, unknown_name
from resist_epi.genes.own_genes import with_nearest_genes
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.genome.regions import check_regions, make_regions
from resist_epi.io.parts import Parts
from resist_epi.samples.presets import preset
from resist_epi.samples.sheet import SampleSheet, one_mark, read_sheet
from resist_epi.schema import Kind
from resist_epi.study.loaded import check_files
from resist_epi.study.settings import StudySettings, make_settings
from resist_epi.study.staged import stage_sheet
from resist_epi.study.steps.count_mark import MarkCounts, count_mark
from resist_epi.study.steps.dna import controls_of_mark, count_controls_in, with_copy_number
from resist_epi.study.steps.domains import count_windows, domain_signal
from resist_epi.study.study import Study, load_study, mark_kinds, stop_on_errors
from resist_epi.study.study_counts import OWN_REGIONS, StudyCounts
from resist_epi.tracks.looks import LookCache

# Settings of a run that its counts, and what is put into them, depend on.
COUNTING = (
    "genome",
    "genes",
    "exclude",
    "min_overlap",
    "quantity",
    "count_as",
    "min_mapq",
    "keep_duplicates",
    "shift",
    "extend",
    "control",
    "copy_number",
    "segments",
    "fasta",
    "jobs",
)

KINDS_COUNTED: tuple[Kind, ...] = ("promoters", "genes", "peaks", "domains")


def count_study(
    sheet: SampleSheet | str | Path,
    kind: str | Path | pd.DataFrame,
    *,
    mark: str | None = None,
    progress: Callable[[str], None] | None = None,
    **settings: Any,
) -> StudyCounts:
    r"""Count a mark in one kind of regions, with all that `analyse` needs to give a run's results.

    What a run does before it tests is done here by the same functions: sheet and files are checked,
    the quantity is chosen for all of the mark's libraries, regions come from the mark's preset,
    bins of 10 kb are counted for the background, and peaks, exclusions, inputs and copy number are
    read where there are any. Nothing is written.

    Parameters
    ----------
    sheet
        The sheet, or its path.
    kind
        `promoters`, `genes` (bodies), `peaks` or `domains`; or regions of your own: a BED file, or
        a table `chrom start end ...`, 0-based and half-open, which get their genes as peaks do.
    mark
        Which one, where the sheet has several.
    progress
        Called with a line whenever a file was looked at, and whenever it was counted.
    settings
        Settings of a run by name, each with a run's default (see `StudySettings`): `genome`,
        `genes`, `exclude`, `min_overlap`, `quantity`, `count_as`, `min_mapq`, `keep_duplicates`,
        `shift`, `extend`, `control`, `copy_number`, `segments`, `fasta`, `jobs`. What is asked of
        the counts (design, contrast, method, normalisation, level) is given to `analyse`. Files of
        another assembly are lifted before, by `lift_sheet`.

    Returns
    -------
    StudyCounts
        Shows in a notebook what was decided, and why. `matrix` holds the counts.

    Raises
    ------
    ResistEpiError
        If an input is wrong; all problems of a sheet at once.
    TypeError
        If there is no setting of a name.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> genes = "chrom start end gene_id gene_name strand\nchr1 4000 9000 G1 HK2 +\n"
    >>> _ = (folder / "genes.tsv").write_text(genes.replace(" ", "\t"))
    >>> for name in ("a", "b"):
    ...     _ = (folder / f"{name}.bedGraph").write_text("chr1 0 20000 2\nchr1 20000 40000 5\n")
    >>> rows = "SampleID,Factor,Condition,Coverage\na,ER,x,a.bedGraph\nb,ER,y,b.bedGraph\n"
    >>> _ = (folder / "sheet.csv").write_text(rows)
    >>> counts = count_study(folder / "sheet.csv", "promoters", genes=folder / "genes.tsv")
    >>> counts.matrix.values, counts.matrix.quantity, len(counts.bins.regions)
    (array([[2., 2.]]), 'mean_signal', 4)
    """
    chosen = _settings(sheet, settings)
    rows = one_mark(sheet if isinstance(sheet, SampleSheet) else read_sheet(sheet), mark)
    rows = stage_sheet(rows, progress=progress)
    own = _own_regions(kind)
    chosen.check_files(but=("sheet",))  # which was read, or made
    looks = LookCache()
    findings = check_files(chosen, rows, looks, progress)
    stop_on_errors(findings, rows, quantity=chosen.quantity)
    study = with_copy_number(load_study(chosen, sheet=rows, looks=looks), progress)
    if own is not None:
        source = str(kind) if not isinstance(kind, pd.DataFrame) else "the regions"
        own = study.naming.place(own, source, rows="regions")
        if (own["gene_id"] == "").all():  # as peaks have them, so that a gene can be asked for
            own = with_nearest_genes(
                own,
                study.reference.linked,
                promoter=preset(rows.marks[0]).window,
                main=preset(rows.marks[0]).main_kind,
            )
    return _counted(study, str(kind) if own is None else OWN_REGIONS, own, progress)


def _counted(
    study: Study,
    kind: str,
    own: pd.DataFrame | None,
    progress: Callable[[str], None] | None,
) -> StudyCounts:
    """The regions and the background in one pass over the files, then what these lead to."""
    (mark,) = study.sheet.marks
    there = mark_kinds(study, mark)
    kinds: list[Kind] = ["bins", *(k for k in KINDS_COUNTED if k == kind and k != "domains")]
    if kind == "peaks" and "peaks" not in there:
        raise DesignError(
            "there are no consensus peaks: the sheet's Peaks column must name the files of at"
            f" least {study.settings.min_overlap} samples of {mark} (min_overlap)"
        )
    with TemporaryDirectory() as folder:
        counted = count_mark(
            study,
            mark,
            kinds,
            study.consensus[mark],
            own=own,
            parts=Parts(folder) if kind == "domains" else None,
            windows=kind == "domains",
            progress=progress,
        )
        bins, windows = counted.matrices["bins"], None
        if counted.kept is not None:
            windows = count_windows(study, mark, bins, counted.kept, progress)
    if windows is not None:
        domains = find_domains(windows)
        if not len(domains):
            raise DesignError(f"{mark}: no window is above background, so there are no domains")
        matrix = domain_signal(study, mark, windows, domains, bins)
    else:
        matrix = _matrix(counted, kind)
    controls = None
    if study.settings.control != "none":
        opened = controls_of_mark(study, mark)
        regions, background = (
            count_controls_in(study, mark, m, controls=opened, progress=progress)
            for m in (matrix, bins)
        )
        controls = regions, background
    return StudyCounts(
        study, study.sheet, kind, matrix, bins, controls, windows, shares=counted.shares
    )


def _matrix(counted: MarkCounts, kind: str) -> CountMatrix:
    """The counts of a kind, or of the user's own regions."""
    if counted.own is not None:
        return counted.own
    (found,) = (m for k, m in counted.matrices.items() if k == kind)
    return found


def _settings(sheet: SampleSheet | str | Path, given: Mapping[str, Any]) -> StudySettings:
    """The settings of counting, or which of those given is none."""
    for name in given:
        if name in COUNTING:
            continue
        if name == "chain":
            raise TypeError(
                "nothing is written here, so files of another assembly are lifted before, once for"
                ' all counts: sheet = rx.lift_sheet(sheet, chain, "lifted")'
            )
        if name in StudySettings.model_fields:
            raise TypeError(
                f"{name} is a setting of a run that counting does not read; what is asked of the"
                " counts is given to analyse, the rest to run_study"
            )
        raise TypeError(unknown_name("setting", name, COUNTING))
    path = sheet.path if isinstance(sheet, SampleSheet) else Path(sheet)
    return make_settings({"sheet": path or Path("sheet"), **given})


def _own_regions(kind: str | Path | pd.DataFrame) -> pd.DataFrame | None:
    """Regions of the user's; None where a kind is named."""
    if isinstance(kind, pd.DataFrame):
        whole = {"region_id", "kind", "strand"} <= set(kind.columns)
        return check_regions(kind) if whole else make_regions(kind, kind="peaks")
    if kind in KINDS_COUNTED:
        return None
    if not Path(kind).is_file():
        raise InputFormatError(
            "neither a kind of regions nor a file that is there",
            path=kind,
            expected=f"{', '.join(KINDS_COUNTED)}, a BED file or a table of regions",
            remedy=did_you_mean([str(kind)], KINDS_COUNTED),
        )
    return read_bed_regions(kind)
