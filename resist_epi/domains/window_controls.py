"""The controls (inputs) that windows must stand out against, each read once for all windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from tempfile import TemporaryDirectory

import numpy as np

from resist_epi.counting.background import BACKGROUND_BIN
from resist_epi.counting.controls import named_controls
from resist_epi.counting.files import tally_files
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.passes import Pass
from resist_epi.counting.plan import Adjacent, bins_alone
from resist_epi.counting.tally import Tally
from resist_epi.domains.bins import KeptBins, bin_table
from resist_epi.domains.filter import BackgroundLevel, Control, background_level
from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.chromosomes import Genome
from resist_epi.io.parts import Parts
from resist_epi.tracks.opened import OpenedFile, open_file


def open_window_controls(paths: Iterable[str], genome: Genome | None) -> dict[str, OpenedFile]:
    """Open each distinct control by its path, under a name for the log.

    Raises
    ------
    InputFormatError
        If one cannot be read.
    """
    return named_controls(open_file(path).named_as(genome) for path in dict.fromkeys(paths))


def tally_controls(
    files: Mapping[str, OpenedFile], adjacent: Adjacent, how: Pass
) -> dict[str, str]:
    """Add up the bins of controls, as far as no part of `how.parts` holds them.

    Parameters
    ----------
    files
        As of `open_window_controls`.

    Returns
    -------
    dict of str to str
        Name -> key of its part.

    Raises
    ------
    GenomeMismatchError
        If one lacks a chromosome.
    InputFormatError
        If one is damaged, or a value is below zero.
    """

    def check(name: str, tally: Tally) -> None:
        lacking = [chrom for chrom in adjacent.lengths if chrom not in tally.chrom_lengths]
        if lacking:
            raise GenomeMismatchError(
                f"{files[name].path}: no chromosome {lacking[0]!r} in this control (input), which"
                " the libraries have. Give a control of the same assembly, or leave it out"
            )

    return tally_files(files, bins_alone(adjacent, how.exclude), how, check)


@contextmanager
def window_control(paths: Iterable[str], adjacent: Adjacent, how: Pass) -> Iterator[Control | None]:
    """The controls' bins and their own background, for as long as windows are found.

    Bins are kept in the folder of those of the libraries, if these are kept, and stay there when
    the libraries' are removed: another mark may have the same controls.

    Yields
    ------
    Control or None
        None where there are no controls.

    Raises
    ------
    ResistEpiError
        As `tally_controls`.
    """
    files = open_window_controls(paths, how.genome)
    if not files:
        yield None
        return
    kept = None if how.parts is None else how.parts.folder
    with TemporaryDirectory() if kept is None else nullcontext(kept) as folder:
        parts = Parts(folder)
        keys = tally_controls(files, adjacent, replace(how, parts=parts))
        keys = {name: keys[name] for name in files}
        bins = KeptBins(parts, keys, quantity="coverage_sum", exclude=how.exclude)
        yield Control(bins, _background(bins, adjacent, how))


def _background(bins: KeptBins, adjacent: Adjacent, how: Pass) -> BackgroundLevel:
    """Level of the controls in wide bins, each the sum of those of windows in it."""
    wide = BACKGROUND_BIN // adjacent.step * adjacent.step
    values = []
    for chrom, length in adjacent.lengths.items():
        starts = np.arange(0, length, adjacent.step, dtype=np.int64)
        own, _ = bins.bins(chrom, starts, np.minimum(starts + adjacent.step, length))
        first = np.arange(0, len(starts), wide // adjacent.step)
        values.append(np.add.reduceat(own, first, axis=0, dtype=np.float64))
    table = bin_table(adjacent.lengths, wide)
    joined = np.concatenate(values)
    sizes = np.maximum(joined.sum(axis=0), 1e-300)
    matrix = CountMatrix(joined, table, bins.samples, "coverage_sum", sizes)
    return background_level(matrix, exclude=how.exclude)
