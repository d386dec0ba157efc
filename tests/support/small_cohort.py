"""Settings of a cohort that is simulated in a second."""

from __future__ import annotations

from resist_epi.simulation.settings import CohortSettings

SMALL = CohortSettings(chromosomes=("chr21",), good=2, poor=2, fragments=40_000)
