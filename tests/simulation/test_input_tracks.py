"""Inputs hold copies and no mark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.genome.regions import bed_regions
from resist_epi.simulation.cohort import simulate_cohort
from resist_epi.simulation.files import write_cohort
from resist_epi.simulation.input_tracks import input_track
from tests.support.small_cohort import SMALL


def test_inputs_hold_copies_and_no_mark(tmp_path: Path) -> None:
    settings = replace(SMALL, copy_number=True, inputs=True)
    cohort = simulate_cohort(settings)
    gained = np.flatnonzero(cohort.tumours["amplified"])
    assert len(gained)
    patient = str(cohort.tumours["patient"].iloc[gained[0]])
    other = str(cohort.tumours.loc[~cohort.tumours["amplified"], "patient"].iloc[0])
    assert cohort.copies is not None
    chrom = cohort.landscape.chroms[cohort.copies.chrom]
    inside = bed_regions([(chrom, cohort.copies.start, cohort.copies.end)])
    share = {}
    for name in (patient, other):
        track = input_track(cohort, name)
        area = track.summarise(
            chrom, inside["start"].to_numpy(), inside["end"].to_numpy(), extremes=False
        )
        share[name] = float(area.sum[0]) / track.total()
    # 1.5 times the copies of a part of the genome, within a total that grows with it.
    part = share[other]
    assert share[patient] == pytest.approx(1.5 * part / (1 + 0.5 * part), rel=0.05)
    again = input_track(cohort, patient)
    assert again.total() == input_track(cohort, patient).total()
    with pytest.raises(DesignError, match="no tumour 'X9'"):
        input_track(cohort, "X9")
    sheet = pd.read_csv(write_cohort(cohort, tmp_path))
    assert set(sheet["ControlCoverage"]) == {f"inputs/{p}.bw" for p in cohort.tumours["patient"]}
    assert all((tmp_path / p).is_file() for p in sheet["ControlCoverage"])
