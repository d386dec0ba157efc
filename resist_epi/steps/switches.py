"""The genes of a study at which two opposing marks trade places."""

from __future__ import annotations

from pathlib import Path

from resist_epi.io.store import file_name
from resist_epi.io.tables import read_counts
from resist_epi.mark_analysis import is_opposing, switches_of_study
from resist_epi.presets import preset
from resist_epi.steps.analyses import analyse_kind
from resist_epi.steps.outputs import Outputs
from resist_epi.study import Study, mark_consensus
from resist_epi.version import VERSION


def write_switches(study: Study, out: Path) -> list[Path]:
    """Compare opposing marks gene by gene, if the study has two.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ResistEpiError
        As `marks.mark_switches`.
    """
    analyses = {}
    for mark in study.sheet.marks:
        if is_opposing(mark):
            kinds = (preset(mark).main_kind, "bins")
            stem = out / "counts" / file_name(mark)
            main, bins = (read_counts(f"{stem}.{kind}.parquet") for kind in kinds)
            sheet, consensus = study.sheet.for_mark(mark), mark_consensus(study, mark)
            analyses[mark] = analyse_kind(study, sheet, main, bins, consensus)
    outputs = Outputs(out)
    table = switches_of_study(analyses, fdr=study.settings.fdr)
    if table is not None:
        header = {"resist_epi": VERSION} | table.attrs["header"]
        outputs.table("marks/switches.tsv", table, header)
    return outputs.written
