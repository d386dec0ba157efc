"""A small cohort on disk: two marks, four good and four poor tumours, planted changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.tracks.bigwig.track import write_bigwig

LENGTHS = {"chr1": 600_000, "chr2": 300_000}
BIN = 100
SPACING = 10_000
# Each gene starts at 2 kb into its slot and is 6 kb long.
CHANGED = {"H3K27me3": ("GENE3", "GENE4"), "H3K36me3": ("GENE5",)}
FOLD = 4.0
TUMOUR_SD = 0.15  # of ln signal, per tumour and slot: what tumours differ by


@dataclass(frozen=True)
class SmallCohort:
    """Paths of the cohort's files."""

    sheet: Path
    genes: Path
    gene_sets: Path


def gene_table() -> pd.DataFrame:
    rows = []
    for chrom, length in LENGTHS.items():
        for slot in range(length // SPACING):
            start = slot * SPACING + 2000
            rows.append((chrom, start, start + 6000, f"ID{len(rows)}", f"GENE{len(rows)}", "+"))
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "gene_id", "gene_name", "strand"])


def make_cohort(
    folder: Path,
    *,
    per_group: int = 4,
    patients: bool = True,
    marks: Sequence[str] = tuple(CHANGED),
) -> SmallCohort:
    """Write genes, bigWigs, peaks and sheet; of fewer marks, a run takes so much less."""
    genes = gene_table()
    genes.to_csv(folder / "genes.tsv", sep="\t", index=False)
    rng = np.random.default_rng(5)
    rows = []
    for mark in marks:
        changed = CHANGED[mark]
        base = {c: rng.gamma(4, 2, size=n // BIN) + 1 for c, n in LENGTHS.items()}
        for i in range(2 * per_group):
            condition = "good" if i < per_group else "poor"
            name = f"T{i}_{mark}"
            signal = {
                c: v
                * np.repeat(
                    rng.lognormal(0, TUMOUR_SD, size=len(v) * BIN // SPACING), SPACING // BIN
                )
                for c, v in base.items()
            }
            if condition == "poor":
                _raise(signal, genes[genes["gene_name"].isin(changed)])
            _write_track(folder / f"{name}.bw", signal)
            _write_peaks(folder / f"{name}.bed", signal)
            rows.append((name, mark, condition, f"P{i}", f"{name}.bw", f"{name}.bed"))
    columns = ["SampleID", "Factor", "Condition", "Patient", "Coverage", "Peaks"]
    sheet = pd.DataFrame(rows, columns=columns)
    if not patients:
        sheet = sheet.drop(columns="Patient")
    sheet.to_csv(folder / "sheet.csv", index=False)
    (folder / "sets.gmt").write_text(
        "GAINED\tmade here\tGENE3\tGENE4\tGENE60\tGENE61\tGENE62\nQUIET\tmade here\t"
        + "\t".join(f"GENE{i}" for i in range(20, 30))
        + "\nFOREIGN\tmade here\tHK2\tTIGAR\n"
    )
    return SmallCohort(folder / "sheet.csv", folder / "genes.tsv", folder / "sets.gmt")


def _raise(signal: dict[str, np.ndarray], genes: pd.DataFrame) -> None:
    for gene in genes.itertuples():
        first, last = (int(gene.start) - 2500) // BIN, (int(gene.end) + 500) // BIN  # type: ignore[call-overload]
        signal[str(gene.chrom)][first:last] *= FOLD


def _write_track(path: Path, signal: dict[str, np.ndarray]) -> None:
    runs = {}
    for chrom, values in signal.items():
        starts = np.arange(len(values), dtype=np.int64) * BIN
        runs[chrom] = (starts, starts + BIN, values)
    write_bigwig(path, LENGTHS, runs.__getitem__)


def _write_peaks(path: Path, signal: dict[str, np.ndarray]) -> None:
    lines = [
        f"{chrom}\t{i * BIN}\t{(i + 1) * BIN}\tpeak\t1\t.\n"
        for chrom, values in signal.items()
        for i in np.flatnonzero(values > 20)
    ]
    path.write_text("".join(lines))
