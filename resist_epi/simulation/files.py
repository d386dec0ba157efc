"""A cohort as files: tracks, peaks, sheet and truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from resist_epi.errors import InputFormatError
from resist_epi.io.store import write_text
from resist_epi.io.tables import write_table
from resist_epi.simulation import effects
from resist_epi.simulation.bam_files import write_pairs
from resist_epi.simulation.cohort import Cohort, library_fragments, library_track
from resist_epi.simulation.cut_reads import cut_fragments, file_lengths
from resist_epi.simulation.input_tracks import input_track
from resist_epi.simulation.libraries import SimulatedTrack, call_peaks, peak_window
from resist_epi.simulation.truth import truth_table
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.version import VERSION
from resist_epi.workers import run_tasks


def write_cohort(
    cohort: Cohort,
    folder: str | Path,
    *,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write a cohort: tracks and peaks of each library, sheet and truth; return the sheet's path.

    Parameters
    ----------
    folder
        Made if missing: `coverage/SAMPLE.bw` (`reads/SAMPLE.bam` of CUT&RUN and CUT&Tag),
        `peaks/SAMPLE.broadPeak`, `sheet.csv`, `truth.tsv.gz`, `truth.yaml`, `inputs/PATIENT.bw`
        where there are inputs, and `random_sets.gmt` where sets change that nobody named.
    jobs
        Processes; the files do not depend on it. With more than one a script calls this under
        `if __name__ == "__main__"`, since on macOS each process imports the script anew.
    progress
        Called with a line whenever a library was written.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from resist_epi.simulation.cohort import simulate_cohort
    >>> from resist_epi.simulation.settings import CohortSettings
    >>> settings = CohortSettings(good=1, poor=1, marks=("H3K36me3",), chromosomes=("chr21",))
    >>> write_cohort(simulate_cohort(settings), tempfile.mkdtemp()).name
    'sheet.csv'
    """
    folder = Path(folder)
    if (folder / "sheet.csv").exists() and not (folder / "truth.yaml").exists():
        raise InputFormatError(
            "is a sample sheet that no simulation wrote, and would be written over",
            path=folder / "sheet.csv",
            remedy="choose another folder with -o",
        )
    write_text(folder / "truth.yaml", yaml.safe_dump(_record(cohort), sort_keys=False))
    write_table(folder / "truth.tsv.gz", truth_table(cohort))
    if cohort.unnamed_sets:
        lines = ("\t".join([n, "simulated", *genes]) for n, genes in cohort.unnamed_sets.items())
        write_text(folder / "random_sets.gmt", "\n".join(lines) + "\n")

    def done(sample: str, words: str) -> None:
        if progress is not None:
            progress(f"{sample}: {words}")

    samples = list(cohort.libraries["sample"])
    work = _Libraries(cohort, folder)
    run_tasks(work, dict(zip(samples, samples, strict=True)), jobs=jobs, done=done)
    for patient in cohort.tumours["patient"] if cohort.settings.inputs else ():
        _write_track(folder / "inputs" / f"{patient}.bw", cohort, input_track(cohort, patient))
        if progress is not None:
            progress(f"{patient}: input written")
    sheet = folder / "sheet.csv"
    write_text(sheet, sheet_table(cohort).to_csv(index=False, na_rep="", lineterminator="\n"))
    return sheet


@dataclass(frozen=True)
class _Libraries:
    """Writes the files of a library, by its name, and says what is in them."""

    cohort: Cohort
    folder: Path

    def __call__(self, sample: str) -> str:
        cohort, folder = self.cohort, self.folder
        fragments = library_fragments(cohort, sample)
        if cohort.settings.of_reads:
            path = folder / "reads" / f"{sample}.bam"
            write_pairs(path, file_lengths(cohort), cut_fragments(cohort, sample))
        else:
            track = library_track(cohort, sample, fragments=fragments)
            _write_track(folder / "coverage" / f"{sample}.bw", cohort, track)
        peaks = call_peaks(
            fragments,
            cohort.landscape.chroms,
            cohort.landscape.lengths,
            fragment_length=cohort.settings.fragment_length,
            window=peak_window(sample.rpartition("_")[2]),
        )
        write_text(folder / "peaks" / f"{sample}.broadPeak", _broad_peak(peaks, sample))
        return f"{sum(map(len, fragments))} fragments, {len(peaks)} peaks"


def _write_track(path: Path, cohort: Cohort, track: SimulatedTrack) -> None:
    def runs(chrom: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        none = np.zeros(0)
        part = next(track.runs(chrom), None)
        return (none, none, none) if part is None else (part.starts, part.ends, part.values)

    write_bigwig(path, cohort.chrom_lengths, runs)


def _broad_peak(peaks: pd.DataFrame, sample: str) -> str:
    table = pd.DataFrame(
        {
            "chrom": peaks["chrom"],
            "start": peaks["start"],
            "end": peaks["end"],
            "name": [f"{sample}_{i + 1}" for i in range(len(peaks))],
            "score": np.minimum(10 * peaks["qvalue"].astype(float), 1000).round().astype(np.int64),
            "strand": ".",
            "signal": peaks["signal"],
            "pvalue": peaks["pvalue"],
            "qvalue": peaks["qvalue"],
        }
    )
    return table.to_csv(
        sep="\t", header=False, index=False, float_format="%.4f", lineterminator="\n"
    )


def sheet_table(cohort: Cohort) -> pd.DataFrame:
    """The sample sheet, with paths relative to the cohort's folder."""
    libraries = cohort.libraries
    tumours = cohort.tumours.iloc[libraries["tumour"]].reset_index(drop=True)
    sheet = pd.DataFrame(
        {
            "SampleID": libraries["sample"],
            "Tissue": "tumour",
            "Factor": libraries["mark"],
            "Condition": tumours["condition"],
            "Replicate": 1,
            "Patient": libraries["patient"],
            "Coverage": "coverage/" + libraries["sample"] + ".bw",
            "Peaks": "peaks/" + libraries["sample"] + ".broadPeak",
            "PeakCaller": "bed",
            "FragmentLength": cohort.settings.fragment_length,
            "TimeToProgression": tumours["months"],
            "Progressed": tumours["progressed"],
            "Assembly": cohort.settings.assembly,
        }
    )
    if cohort.settings.of_reads:
        sheet = sheet.drop(columns=["Coverage", "FragmentLength"])
        sheet["bamReads"] = "reads/" + libraries["sample"] + ".bam"
        sheet["Assay"] = cohort.settings.assay
    if cohort.settings.batches > 1:
        sheet["Batch"] = "batch" + tumours["batch"].astype(str)
    if cohort.settings.purity:
        sheet["Purity"] = tumours["purity"].round(3)
    if cohort.settings.inputs:
        sheet["ControlCoverage"] = "inputs/" + libraries["patient"] + ".bw"
    if cohort.settings.spike_in:
        sheet["SpikeInReads"] = libraries["spike_in_reads"].astype(np.int64)
    return sheet


def _record(cohort: Cohort) -> dict[str, object]:
    """Everything about a cohort but its genes, as plain YAML values."""
    settings = {
        k: list(v) if isinstance(v, tuple) else v for k, v in asdict(cohort.settings).items()
    }
    segment = None
    if cohort.copies is not None:
        segment = asdict(cohort.copies) | {"chrom": cohort.landscape.chroms[cohort.copies.chrom]}
    return {
        "resist_epi": VERSION,
        "assembly": cohort.settings.assembly,
        "settings": settings,
        "rules": [asdict(rule) for rule in effects.RULES]
        if cohort.settings.scenario == "named"
        else [],
        "copy_number_segment": segment,
        "units": {
            mark: {
                "total": int(cohort.landscape.marks[mark].n_units),
                "changed": int((cohort.effects[mark] != 0).sum()),
                "share_of_signal_changed": _share_changed(cohort, mark),
            }
            for mark in cohort.settings.marks
        },
        "tumours": _plain(cohort.tumours),
        "libraries": _plain(cohort.libraries.drop(columns="tumour")),
    }


def _share_changed(cohort: Cohort, mark: str) -> float:
    mass = cohort.landscape.marks[mark].unit_mass
    changed = cohort.effects[mark] != 0
    return round(float(mass[changed].sum() / mass.sum()), 4) if mass.sum() > 0 else 0.0


def _plain(table: pd.DataFrame) -> list[dict[str, object]]:
    plain = table.astype(object).where(table.notna(), None)
    return [
        {str(k): v.item() if isinstance(v, np.generic) else v for k, v in row.items()}
        for row in plain.to_dict("records")
    ]
