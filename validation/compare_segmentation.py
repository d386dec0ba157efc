"""Hold our segmentation against DNAcopy's, on profiles whose segments are known.

Rscript tests/golden/segmentation.R 60 1 FOLDER
python validation/compare_segmentation.py FOLDER
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.dna.segmentation import segment_chromosomes

NEAR = 3  # bins within which an end counts as found
KINDS = ("plain", "strong", "waves", "outliers", "null")


def our_levels(values: np.ndarray, chrom: np.ndarray) -> np.ndarray:
    """(n,) mean of the segment that each bin is in."""
    parts = [values[chrom == c] for c in np.unique(chrom)]
    levels = []
    for part, ends in zip(parts, segment_chromosomes(parts), strict=True):
        edges = np.concatenate([[0], ends])
        means = [part[a:b].mean() for a, b in pairwise(edges)]
        levels.append(np.repeat(means, np.diff(edges)))
    return np.concatenate(levels)


def dnacopy_levels(answer: pd.DataFrame, name: str, chrom: np.ndarray) -> np.ndarray:
    """(n,) mean of the segment of DNAcopy's that each bin is in."""
    levels = np.empty(len(chrom))
    own = answer[answer["ID"] == name]
    columns = (own[c].to_numpy() for c in ("chrom", "start", "end", "mean"))
    for number, start, end, mean in zip(*columns, strict=True):
        levels[np.flatnonzero(chrom == number)[start - 1 : end]] = mean
    return levels


def ends_of(levels: np.ndarray, chrom: np.ndarray) -> np.ndarray:
    """Bins at which a segment begins inside of a chromosome."""
    return np.flatnonzero((np.diff(levels) != 0) & (np.diff(chrom) == 0)) + 1


def compared(levels: np.ndarray, truth: np.ndarray, chrom: np.ndarray) -> dict[str, float]:
    """Error of the level, share of the true ends found, and ends that are none."""
    found, real = ends_of(levels, chrom), ends_of(truth, chrom)
    distance = np.abs(found[:, None] - real[None, :]).astype(float)
    return {
        "rmse": float(np.sqrt(((levels - truth) ** 2).mean())),
        "n_true": len(real),
        "n_found": int((distance.min(axis=0, initial=9e9) <= NEAR).sum()),
        "n_false": int((distance.min(axis=1, initial=9e9) > NEAR).sum()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    profiles, truth, answer = (
        pd.read_csv(folder / f"segmentation.{what}.tsv.gz", sep="\t")
        for what in ("profiles", "truth", "answer")
    )
    chrom = profiles["chrom"].to_numpy()
    rows = []
    spent = 0.0
    for name in profiles.columns[1:]:
        kind = next(k for k in reversed(KINDS) if name.startswith(k))
        started = time.process_time()
        ours = our_levels(profiles[name].to_numpy(), chrom)
        spent += time.process_time() - started
        theirs = dnacopy_levels(answer, name, chrom)
        for who, levels in (("ours", ours), ("DNAcopy", theirs)):
            found = compared(levels, truth[name].to_numpy(), chrom)
            rows.append({"kind": kind, "who": who, **found})
    table = (
        pd.DataFrame(rows)
        .groupby(["kind", "who"])
        .agg(
            profiles=("rmse", "size"),
            rmse=("rmse", "mean"),
            n_true=("n_true", "sum"),
            n_found=("n_found", "sum"),
            n_false=("n_false", "sum"),
        )
    )
    print(table.round(4).to_string())
    print(f"ours: {spent / (len(profiles.columns) - 1):.3f} CPU s a profile of {len(chrom)} bins")


if __name__ == "__main__":
    main()
