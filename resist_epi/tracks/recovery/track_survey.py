"""One pass over a track: its values, its bin size, and what stands isolated between zeros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.recovery.run_tallies import MOST_VALUES, RunTallies
from resist_epi.tracks.when_compiled import worth_compiling

if TYPE_CHECKING:
    from resist_epi.tracks.recovery.compiled_tallies import CompiledTallies

# Long enough, at the end of a chromosome, for its value to be what stands for zero: bp, and bins.
_LONG_END = (1_000, 4)


@dataclass(frozen=True)
class Survey:
    """What a pass over a track found.

    Attributes
    ----------
    values, bases
        (n,) distinct values above zero, ascending, and the bases that have them.
    zero_bases
        Bases without a value above zero on chromosomes that have any.
    negative
        Whether any value is below zero (then the pass was cut short).
    floor
        Whether no base is at zero and a chromosome ends in a long stretch of the smallest value, as
        where something was added everywhere: chromosome ends hold no reads.
    continuous
        Whether there are too many different values to be counts (then the pass was cut short).
    bin_size
        bp; the largest size of which nearly all distances between changes of the value are whole
        multiples (0 without any run above zero).
    same_way, other_way
        Of the stretches one bin wide, how many have a step in the same direction at both ends (up
        and up, down and down), and how many do not. A smoothed track goes the same way in most.
    stretches
        Number of stretches with values above zero between zeros or uncovered bases.
    island_values, island_widths, island_numbers
        (m,) stretches of one constant value: value, width in bp, and how many there are.
    gap_values, gap_widths, gap_numbers
        (k,) what follows them: value of the stretch, bp to the next one, and how many there are.
    """

    values: FloatArray
    bases: FloatArray
    zero_bases: float
    negative: bool
    floor: bool
    continuous: bool
    bin_size: int
    same_way: int
    other_way: int
    stretches: int
    island_values: FloatArray
    island_widths: IntArray
    island_numbers: IntArray
    gap_values: FloatArray
    gap_widths: IntArray
    gap_numbers: IntArray


def survey(track: CoverageTrack) -> Survey:
    """Look at every run of a track once."""
    tallies: RunTallies | CompiledTallies = RunTallies()
    length_seen, go_on = 0, True
    at_ends: dict[float, int] = {}
    for chrom, length in track.chrom_lengths.items():
        for runs in track.runs(chrom):
            tallies = _fit_for(len(runs), tallies)
            go_on = tallies.add(runs, length)
            if not go_on:
                break
        if not go_on:
            break
        last = tallies.end_chromosome()
        if last is not None:
            length_seen += length
            if last.end == length:
                at_ends[last.value] = max(length - last.start, at_ends.get(last.value, 0))
    found, bases = tallies.values.sorted()
    steps = tallies.steps
    bin_size = steps.bin_size()
    lowest_end = at_ends.get(float(found[0]), 0) if found.size else 0
    zero_bases = max(length_seen - float(bases.sum()), 0.0)
    return Survey(
        found,
        bases,
        zero_bases,
        tallies.negative,
        zero_bases == 0 and lowest_end > max(_LONG_END[0], _LONG_END[1] * bin_size),
        tallies.values.size > MOST_VALUES,
        bin_size,
        int(steps.ways[1, bin_size]),
        int(steps.ways[0, bin_size]),
        tallies.stretches,
        *tallies.islands.columns(),
        *tallies.gaps.columns(),
    )


def _fit_for(n_runs: int, tallies: RunTallies | CompiledTallies) -> RunTallies | CompiledTallies:
    """The tallies so far, by compiled loops from here on where a track is long."""
    if isinstance(tallies, RunTallies) and worth_compiling(n_runs):
        from resist_epi.tracks.recovery.compiled_tallies import CompiledTallies

        return CompiledTallies(tallies)
    return tallies
