"""The inputs of a simulated cohort: each tumour's background and copy number, without any mark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resist_epi.errors import DesignError
from resist_epi.simulation.cohort import Cohort, track_of_fragments
from resist_epi.simulation.libraries import SimulatedTrack, draw_fragments
from resist_epi.simulation.streams import INPUTS, stream


def input_track(cohort: Cohort, patient: str) -> SimulatedTrack:
    """Draw the input of a tumour, as deep as a library of the cohort; the same at every call.

    Raises
    ------
    DesignError
        If there is no such tumour.
    """
    found = np.flatnonzero(cohort.tumours["patient"] == patient)
    if not len(found):
        raise DesignError(
            f"no tumour {patient!r}; there are {', '.join(cohort.tumours['patient'])}"
        )
    row, settings, landscape = int(found[0]), cohort.settings, cohort.landscape
    copies = cohort.copies if cohort.tumours["amplified"].iloc[row] else None
    mass = sum(float(landscape.block_masses(c, copies).sum()) for c in range(len(landscape.chroms)))
    mark = settings.marks[0]
    fragments: list[NDArray[np.int64]] = draw_fragments(
        landscape,
        mark,
        np.zeros(landscape.marks[mark].n_units),
        rate=settings.fragments / mass,
        fragment_length=settings.fragment_length,
        copies=copies,
        rng=stream(settings, INPUTS, row),
    )
    return track_of_fragments(cohort, f"{patient} input", fragments)
