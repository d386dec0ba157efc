#!/usr/bin/env python
"""Tracks that look like counts and are none, and tracks that are: how often recovery is wrong.

Libraries are simulated (background, broad domains and sharp peaks; one fragment length or many;
duplicates; sparse to deep), laid over bins, and then left as counts times a scale, or averaged,
smoothed, divided, rounded, ... (`adversarial_kinds`). A track is answered wrongly where it is taken
for counts and is not, or for other counts than it holds; means of libraries of equal depth are the
counts of the pool, and are to be accepted. Beside it stands the rule that the smallest value is one
read, as the reversal of ZEN-norm has it.

    python validation/adversarial_tracks.py [--seeds 5] [--kinds first fresh]
    python validation/adversarial_tracks.py --write      and put it into docs/evidence/recovery.md
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from adversarial_kinds import (
    FIRST,
    FRESH,
    FRESH_SETTINGS,
    SECOND,
    SETTINGS,
    THIRD,
    THIRD_SETTINGS,
    Kind,
    Libraries,
    Setting,
    libraries,
)
from calibration_page import write_page

from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.recovery.recovery import Recovery, recover_counts

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "recovery.md"
SETS: dict[str, tuple[tuple[Kind, ...], tuple[Setting, ...]]] = {
    "first": (FIRST, SETTINGS),
    "second": (SECOND, SETTINGS),
    "third": (THIRD, THIRD_SETTINGS),
    "first, settings of the third": (FIRST, THIRD_SETTINGS),
    "second, settings of the third": (SECOND, THIRD_SETTINGS),
    "fresh": (FRESH, FRESH_SETTINGS),
    "first, settings of the fresh": (FIRST, FRESH_SETTINGS),
}
AGREE = 0.999  # of the covered bins, where recovered counts are to equal the true ones
VERDICTS = ("right", "wrong", "refused rightly", "refused wrongly")


class ArrayTrack(CoverageTrack):
    """Values of bins of one chromosome as a track of six digits in 32-bit floats."""

    def __init__(self, values: np.ndarray, bin_size: int, *, digits: int = 6) -> None:
        self.path = Path("simulated")
        self.chrom_lengths: Mapping[str, int] = MappingProxyType({"c": values.size * bin_size})
        scale = 10.0 ** (digits - 1 - np.floor(np.log10(np.maximum(np.abs(values), 1e-30))))
        rounded = np.where(values == 0, 0.0, np.rint(values * scale) / scale)
        self.values = rounded.astype(np.float32)
        self._bin = bin_size

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        yield Grid(0, self._bin, self.values)


def smallest_is_one(values: np.ndarray) -> tuple[np.ndarray | None, bool]:
    """Counts by the rule that the value nearest zero is one read, and whether it warns.

    As ZEN-norm 1.0 reverses a track (its `ReverseNorm`): it refuses only tracks whose smallest
    value is 1 while others are no whole numbers, and prints a warning where a value lies more than
    a tenth off a whole number.
    """
    covered = values[values != 0].astype(np.float64)
    if not covered.size:
        return None, False
    one = abs(float(covered.max() if covered.mean() < 0 else covered.min()))
    if one == 1 and (covered % 1 != 0).any():
        return None, False
    found = values.astype(np.float64) / one
    return np.rint(found), bool((np.abs(found - np.rint(found)) > 0.1).any())


def same(found: np.ndarray, true: np.ndarray) -> bool:
    """Whether recovered counts are the true ones, in nearly all bins that hold any."""
    covered = (found != 0) | (true != 0)
    return bool((found == true)[covered].mean() >= AGREE)


def verdict(counts: np.ndarray | None, kind: Kind, x: Libraries) -> str:
    """What an answer is worth: one of `VERDICTS`."""
    if counts is None:
        return "refused rightly" if kind.truth is None or kind.may_refuse else "refused wrongly"
    # What changes nothing in a sparse library (a cap, some rounding) leaves counts.
    true = (kind.truth or FIRST[0].values)(x)
    return "right" if same(counts, true) else "wrong"


def answer(track: ArrayTrack, found: Recovery) -> np.ndarray | None:
    if found.refused is not None:
        return None
    return np.rint(track.values.astype(np.float64) / found.quantum) / found.mates


def judge(
    seed: int, setting: Setting, kinds: Iterable[Kind] = FIRST, *, baseline: bool = False
) -> Iterator[dict[str, object]]:
    """One row for each kind of track, without and with its fragment length."""
    n, length, spread, _, bin_size = setting
    x = libraries(seed, setting)
    for kind in kinds:
        track = ArrayTrack(kind.values(x), bin_size, digits=kind.digits)
        by_rule: dict[str, object] = {}
        if baseline:
            counts, warns = smallest_is_one(track.values)
            by_rule["smallest is one"] = verdict(counts, kind, x)
            by_rule["smallest is one, warned"] = verdict(None if warns else counts, kind, x)
        for given in (None, float(length)):
            found = recover_counts(track, fragment_length=given)
            yield {
                "track": kind.name,
                "counts": kind.truth is not None,
                "setting": f"{n} x {length}+-{spread} bp, {bin_size}-bp bins",
                "seed": seed,
                "length": "given" if given else "found",
                "accepted": found.refused is None,
                "verdict": verdict(answer(track, found), kind, x),
                "says": found.describe(),
                **by_rule,
            }


def rates(table: pd.DataFrame, column: str) -> tuple[str, str, str]:
    """Tracks without counts taken for counts; others refused; others taken for other counts."""
    verdicts, counts = table[column], table["counts"]
    parts = (
        (verdicts[~counts], "wrong"),
        (verdicts[counts], "refused wrongly"),
        (verdicts[counts], "wrong"),
    )
    found = [((part == worth).sum(), max(part.size, 1)) for part, worth in parts]
    taken, refused, other = (f"{n} of {of} ({n / of:.1%})" for n, of in found)
    return taken, refused, other


RULES = {
    "verdict": "recovery",
    "smallest is one": "smallest value is one read",
    "smallest is one, warned": "the same, its warning a refusal",
}


def as_markdown(table: pd.DataFrame) -> str:
    """Rates by set and rule, then the kinds that recovery does not always answer rightly."""
    head = ["kinds", "rule", "no counts, taken for counts", "counts, refused", "counts, others"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, own in table.groupby("set", sort=False):
        lines += [f"| {name} | {r} | {' | '.join(rates(own, c))} |" for c, r in RULES.items()]
    missed = ["| kinds | kind | tracks | wrong | in settings |", "|---|---|---|---|---|"]
    for place, own in table.groupby(["set", "track"], sort=False):
        group, kind = place if isinstance(place, tuple) else (place, "")
        wrong = own[own["verdict"].isin(["wrong", "refused wrongly"])]
        if len(wrong):
            where = "; ".join(wrong["setting"].unique())
            missed.append(f"| {group} | {kind} | {len(own)} | {len(wrong)} | {where} |")
    return "\n".join(lines) + "\n\n" + "\n".join(missed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--from-seed", type=int, default=0, help="the first of them")
    parser.add_argument("--kinds", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    given = parser.parse_args()
    rows = []
    for name in given.kinds:
        kinds, settings = SETS[name]
        for seed in range(given.from_seed, given.from_seed + given.seeds):
            for setting in settings:
                rows += [{"set": name, **r} for r in judge(seed, setting, kinds, baseline=True)]
    table = pd.DataFrame(rows)
    for name, own in table.groupby("set", sort=False):
        taken, refused, other = rates(own, "verdict")
        print(
            f"{name!s}: no counts, taken for counts: {taken}; counts, refused: {refused};", end=" "
        )
        print(f"counts, taken for others: {other}")
        wrong = own[own["verdict"].isin(["wrong", "refused wrongly"])]
        for spot, part in wrong.groupby(["track", "setting", "length"]):
            what = "; ".join(map(str, spot if isinstance(spot, tuple) else (spot,)))
            worth, says = part["verdict"].iloc[0], part["says"].iloc[0]
            print(f"  {len(part)} x {what}: {worth}; {says}")
    if given.write:
        write_page(PAGE, as_markdown(table))


if __name__ == "__main__":
    main()
