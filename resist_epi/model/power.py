"""Power and expected FDR of studies of several sizes, by simulation from a pilot."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from resist_epi.errors import DesignError, ResistEpiError
from resist_epi.model.analysis import analyse
from resist_epi.model.pilot import Pilot
from resist_epi.model.planned_study import Setting, draw_study
from resist_epi.schema import POWER, names
from resist_epi.workers import run_tasks

MOST_SETTINGS = 200

MOST_UNITS = 500

LIKELY = 0.9  # share of the studies within power_low and power_high


@dataclass(frozen=True)
class PowerPlan:
    """Which studies are looked at, and how closely: every combination of the first four.

    Attributes
    ----------
    units
        Units a group, at least 2.
    effects
        log2 changes, above 0.
    depths
        Reads a library over those of the pilot's.
    carriers
        Shares of the first group's units that carry a change.
    changed
        Share of the regions that change, half up and half down.
    sets
        Studies drawn of each.
    seed
        Decides all of them.

    Raises
    ------
    DesignError
        If a field holds what it cannot; the message names the field.

    Examples
    --------
    >>> [setting.units for setting in PowerPlan(units=(6, 12), effects=(1.0,)).settings]
    [6, 12]
    """

    units: tuple[int, ...] = (3, 4, 6, 12)
    effects: tuple[float, ...] = (0.5, 1.0)
    depths: tuple[float, ...] = (1.0,)
    carriers: tuple[float, ...] = (1.0,)
    changed: float = 0.05
    sets: int = 20
    seed: int = 1

    def __post_init__(self) -> None:
        for name, low, high in (
            ("units", 2, MOST_UNITS),
            ("effects", 0.01, 20),
            ("depths", 0.001, 1000),
            ("carriers", 0.001, 1),
        ):
            given = getattr(self, name)
            if not given:
                raise DesignError(f"{name}: expected at least one number")
            for value in given:
                _within(name, value, low, high)
            whole = name == "units"
            clean = {int(v) if whole else float(v) for v in given}
            object.__setattr__(self, name, tuple(sorted(clean)))
        _within("changed", self.changed, 0, 0.9)
        _within("sets", self.sets, 2, 10_000)
        _within("seed", self.seed, 0, 2**31)
        if len(self.settings) > MOST_SETTINGS:
            raise DesignError(
                f"{len(self.settings)} combinations of units, effects, depths and carriers are"
                f" asked for; at most {MOST_SETTINGS}"
            )

    @property
    def settings(self) -> list[Setting]:
        """Every combination, units fastest."""
        return [
            Setting(units, effect, depth, carriers, self.changed)
            for carriers in self.carriers
            for depth in self.depths
            for effect in self.effects
            for units in self.units
        ]


def _within(name: str, value: float, low: float, high: float) -> None:
    whole = name in ("units", "sets", "seed")
    good = isinstance(value, int | float) and math.isfinite(value) and low <= value <= high
    if not good or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise DesignError(f"{name}: expected {kind} from {low:g} to {high:g}; found {value!r}")


class _Outcome(NamedTuple):
    """What one study drawn found."""

    method: str
    tested: int
    changed: int
    right: int
    calls: int


@dataclass(frozen=True)
class _Trial:
    """Draws one study and analyses it; sent to worker processes."""

    pilot: Pilot
    seed: int

    def __call__(self, task: tuple[Setting, int]) -> _Outcome:
        setting, number = task
        study = draw_study(self.pilot, setting, (self.seed, number))
        try:
            with _unheard():
                found = analyse(study.matrix, study.sheet, study.question, inputs=study.inputs)
        except ResistEpiError as error:
            raise DesignError(f"a study of {setting.words} cannot be tested: {error}") from error
        results, truth = found.results, study.truth
        called = (results["direction"] != "none").to_numpy()
        sign = np.where(results["direction"] == "gain", 1.0, -1.0)
        right = called & (truth != 0) & (sign == np.sign(truth))
        return _Outcome(
            str(found.question.method),
            int(results["pvalue"].notna().sum()),
            int((truth != 0).sum()),
            int(right.sum()),
            int(called.sum()),
        )


@contextmanager
def _unheard() -> Iterator[None]:
    """What an analysis says of a study that was drawn concerns nobody."""
    logger = logging.getLogger("resist_epi")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def power_table(
    pilot: Pilot,
    plan: PowerPlan | None = None,
    *,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Draw studies like the pilot of each planned size, and count what their tests find.

    Each study is normalised, filtered and tested as the program would do it with real ones of that
    size, so units may be weighted and the test may be another one than the pilot's.

    Parameters
    ----------
    pilot
        From `fit_pilot`.
    jobs
        Worker processes; the table does not depend on it.
    progress
        Called with a line whenever a size is done.

    Returns
    -------
    DataFrame
        The columns of `schema.POWER`, a row a setting. Power is the share of the changed regions
        that are called in the right direction; `power_low` to `power_high` is where nine in ten
        studies lie, which holds what the pilot's few units leave open.

    Raises
    ------
    DesignError
        If depth is asked for of signal, or a planned size cannot be tested.
    """
    plan = plan or PowerPlan()
    if plan.depths != (1.0,) and not pilot.variation.of_counts:
        raise DesignError(
            f"depths: {pilot.quantity} does not tell its noise of sampling from that between units,"
            " so nothing can be said of other depths; count reads"
        )
    settings = plan.settings
    outcomes: list[list[_Outcome | None]] = [[None] * plan.sets for _ in settings]
    tasks = {f"{i} {k}": (s, k) for i, s in enumerate(settings) for k in range(plan.sets)}

    def done(name: str, outcome: _Outcome) -> None:
        i, k = map(int, name.split())
        outcomes[i][k] = outcome
        if progress is not None and None not in outcomes[i]:
            progress(settings[i].words)

    run_tasks(_Trial(pilot, plan.seed), tasks, jobs=jobs, done=done)
    scale = pilot.n_tested / len(pilot.regions)
    rows = [
        _row(setting, [o for o in found if o is not None], scale)
        for setting, found in zip(settings, outcomes, strict=True)
    ]
    return pd.DataFrame(rows, columns=names(POWER))


def _row(setting: Setting, found: list[_Outcome], scale: float) -> dict[str, object]:
    power = np.array([o.right / o.changed if o.changed else np.nan for o in found])
    false = np.array([(o.calls - o.right) / max(o.calls, 1) for o in found])
    root = math.sqrt(len(found))
    # Where one more study lies, whose mean and spread these few tell.
    half = float(special.stdtrit(len(found) - 1, (1 + LIKELY) / 2))
    half *= power.std(ddof=1) * math.sqrt(1 + 1 / len(found))
    return {
        "units": setting.units,
        "effect": setting.effect,
        "depth": setting.depth,
        "carrier_share": setting.carriers,
        "changed": setting.changed,
        "power": power.mean(),
        "power_se": power.std(ddof=1) / root,
        "power_low": np.maximum(power.mean() - half, 0.0),
        "power_high": np.minimum(power.mean() + half, 1.0),
        "expected_fdr": false.mean(),
        "expected_fdr_se": false.std(ddof=1) / root,
        "expected_calls": scale * np.mean([o.calls for o in found]),
        "tested": round(scale * float(np.mean([o.tested for o in found]))),
        "method": Counter(o.method for o in found).most_common(1)[0][0],
        "sets": len(found),
    }
