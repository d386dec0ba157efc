"""Parts of the genome that the user names: chromatin states, replication timing, lamina."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError
from resist_epi.genome.intervals import overlap_pairs
from resist_epi.genome.naming import Naming
from resist_epi.genome.peaks import read_peaks
from resist_epi.genome.regions import as_intervals

OUTSIDE = "outside"

MOST_CLASSES = 100


def read_partition(path: str | Path, naming: Naming | None = None) -> pd.DataFrame:
    """Read parts of the genome and the class of each, `chrom start end name`.

    Parameters
    ----------
    path
        BED of at least four columns; the fourth names the class.
    naming
        How the chromosomes are named where it is used; the log says how many parts take part.

    Raises
    ------
    InputFormatError
        If the file cannot be read, a part has no class, a class is called `outside`, or there are
        more than 100 classes.
    GenomeMismatchError
        If no part lies on a chromosome that is there.
    """
    parts = read_peaks(path)[["chrom", "start", "end", "name"]]
    parts["name"] = parts["name"].str.strip()
    if (parts["name"] == OUTSIDE).any():
        raise InputFormatError(
            f"a class is called {OUTSIDE}, which stands for what is in no part",
            path=path,
            expected="names of classes in the fourth column",
            remedy="call this class otherwise",
        )
    if parts.empty or parts["name"].isin(["", "."]).any():
        raise InputFormatError(
            "a part of the partition has no class",
            path=path,
            expected="BED of chrom, start, end and the name of the class",
            remedy="name the class of each part in the fourth column",
        )
    if parts["name"].nunique() > MOST_CLASSES:
        raise InputFormatError(
            f"{parts['name'].nunique()} classes",
            path=path,
            expected=f"at most {MOST_CLASSES} names in the fourth column",
            found=", ".join(parts["name"].drop_duplicates().head(3)),
            remedy="give each part the name of its class, such as a chromatin state",
        )
    return parts if naming is None else naming.place(parts, str(path))


def class_of(regions: pd.DataFrame, partition: pd.DataFrame) -> NDArray[np.object_]:
    """(n_regions,) class that holds most of each region's bases; `outside` where none does.

    Of classes that hold as much the first by name; a base in two parts of a class counts once.

    Examples
    --------
    >>> parts = pd.DataFrame({"chrom": "chr1", "start": [0, 60], "end": [60, 200],
    ...                       "name": ["late", "early"]})
    >>> regions = pd.DataFrame({"chrom": "chr1", "start": [0, 50, 500], "end": [50, 100, 600]})
    >>> class_of(regions, parts).tolist()
    ['late', 'early', 'outside']
    """
    partition = _without_overlaps(partition)
    ours, theirs = as_intervals(regions, partition)
    left, right = overlap_pairs(ours, theirs)
    shared = np.minimum(ours.end[left], theirs.end[right])
    shared -= np.maximum(ours.start[left], theirs.start[right])
    names = partition["name"].to_numpy(object)[right]
    pairs = pd.DataFrame({"region": left, "name": names, "bases": shared})
    summed = pairs.groupby(["region", "name"])["bases"].sum().reset_index()
    best = summed.sort_values(["region", "bases"], ascending=[True, False], kind="stable")
    best = best.drop_duplicates("region")
    found = np.full(len(regions), OUTSIDE, dtype=object)
    found[best["region"].to_numpy(np.int64)] = best["name"].to_numpy(object)
    return found


def _without_overlaps(partition: pd.DataFrame) -> pd.DataFrame:
    """The parts of each class merged where they overlap."""
    keys = ["chrom", "name"]
    table = partition.sort_values([*keys, "start"], kind="stable", ignore_index=True)
    reached = table.groupby(keys, sort=False)["end"].cummax().groupby([table[k] for k in keys])
    before = reached.shift(fill_value=-1).to_numpy()
    apart = (table["start"].to_numpy() > before).cumsum()
    merged = table.groupby(apart, sort=False)
    return merged.agg({"chrom": "first", "start": "min", "end": "max", "name": "first"})
