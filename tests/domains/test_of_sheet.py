"""Domains of a sheet's own tracks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resist_epi.domains.of_sheet import sheet_domains
from resist_epi.samples.sheet import make_sheet


@pytest.mark.real
def test_domains_of_rat_heart(real_data: Path) -> None:
    folder = real_data / "rat_heart_h3k27me3_bn_shr" / "derived_bigwig"
    if not folder.is_dir():
        pytest.skip("the rat heart study's tracks are not there")
    rows = [
        (f"{strain}{k}", "H3K27me3", strain, str(folder / f"H3K27me3-{strain}-rep{k}.cpm.bw"))
        for strain in ("BN", "SHR")
        for k in (1, 2)
    ]
    table = pd.DataFrame(rows, columns=["SampleID", "Factor", "Condition", "Coverage"])
    found = sheet_domains(make_sheet(table))
    # Broad, on a tenth of two chromosomes, and the same whichever strain is named first.
    assert 500 < len(found) < 2000
    assert 5e6 < (found["end"] - found["start"]).sum() < 3e7
    assert (found["end"] - found["start"]).max() <= 30_000
    again = sheet_domains(make_sheet(table.iloc[::-1].reset_index(drop=True)))
    pd.testing.assert_frame_equal(found, again)
