"""An outside cohort of patients, with the outcome told by some genes, or by none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

N_GENES, N_PATIENTS = 400, 150


def write_outside_cohort(
    folder: Path,
    effect: float,
    *,
    seed: int = 1,
    members: int = 20,
    proliferation: float = 0.0,
    by_treatment: bool = False,
) -> tuple[Path, Path]:
    """Write expression and clinical table; the hazard rises with the first genes' mean level.

    Parameters
    ----------
    effect
        Log hazard ratio for one standard deviation of that mean.
    proliferation
        Log hazard ratio of a factor that all genes follow.
    by_treatment
        Whether the effect is there in treatment B alone.
    """
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=N_PATIENTS)
    program = rng.normal(size=N_PATIENTS)
    levels = rng.normal(8, 1, size=(N_GENES, 1)) + rng.normal(size=(N_GENES, N_PATIENTS))
    levels[:members] += 0.7 * program
    if proliferation:
        levels += 0.8 * factor
    treatment = np.where(rng.random(N_PATIENTS) < 0.5, "A", "B")
    works = (treatment == "B") if by_treatment else np.ones(N_PATIENTS, dtype=bool)
    hazard = np.exp(effect * program * works + proliferation * factor)
    time = rng.exponential(24 / hazard)
    censored = rng.uniform(6, 60, size=N_PATIENTS)
    patients = [f"X{i}" for i in range(N_PATIENTS)]
    table = pd.DataFrame(np.round(levels, 4), columns=patients)
    table.insert(0, "gene", [f"S{i}" for i in range(N_GENES)])
    table.to_csv(folder / "expression.tsv", sep="\t", index=False)
    pd.DataFrame(
        {
            "patient": patients,
            "time": np.round(np.minimum(time, censored) + 0.01, 3),
            "event": (time <= censored).astype(int),
            "age": rng.integers(40, 80, size=N_PATIENTS),
            "site": np.where(rng.random(N_PATIENTS) < 0.4, "north", "south"),
            "treatment": treatment,
            "proliferation": np.round(factor, 4),
        }
    ).to_csv(folder / "clinical.csv", index=False)
    return folder / "expression.tsv", folder / "clinical.csv"
