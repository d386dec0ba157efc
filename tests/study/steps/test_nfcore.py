"""A mark's files for nf-core/differentialabundance: what its generic input asks of them."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from resist_epi.model.analysis import analyse, analyse_several
from resist_epi.study.steps.nfcore import contrast_row, write_nfcore
from resist_epi.study.steps.outputs import Outputs
from tests.support.builders import planted, sheet

CONDITIONS = ["good"] * 4 + ["poor"] * 4
BATCH = ["one", "two"] * 4


def test_the_files_agree_with_one_another(tmp_path: Path) -> None:
    counts = replace(planted(), quantity="reads")
    rows = sheet(CONDITIONS, Batch=BATCH)
    outputs = Outputs(tmp_path, "H3K27me3")
    found = analyse(counts, rows, formula="~ Batch + Condition")
    write_nfcore([found], outputs)
    assert {p.name for p in outputs.written} == {p.name for p in (tmp_path / "nfcore").iterdir()}
    read = {p.name.partition(".")[2]: p for p in outputs.written}
    matrix = pd.read_csv(read["matrix.tsv"], sep="\t").set_index("region_id")
    features = pd.read_csv(read["features.tsv"], sep="\t")
    samples = pd.read_csv(read["samplesheet.csv"])
    (contrast,) = pd.read_csv(read["contrasts.csv"]).to_dict("records")
    assert (matrix.to_numpy() == np.rint(counts.values)).all()
    assert list(matrix.index) == list(features["region_id"])
    assert list(matrix.columns) == list(samples["sample"])
    assert contrast == {
        "id": "Condition_poor_good",
        "variable": "Condition",
        "reference": "good",
        "target": "poor",
        "blocking": "Batch",
    }
    assert set(samples["Condition"]) == {contrast["reference"], contrast["target"]}
    assert contrast["blocking"] in samples
    (entry,) = yaml.safe_load(read["contrasts.yaml"].read_text())["contrasts"]
    assert entry == {
        "id": "Condition_poor_good",
        "comparison": ["Condition", "good", "poor"],
        "blocking_factors": ["Batch"],
    }


def test_whole_numbers_of_the_sheet_stay_whole(tmp_path: Path) -> None:
    numbers = {"FragmentLength": [200.0] * 7 + [np.nan], "Purity": [0.5, *[1.0] * 7]}
    outputs = Outputs(tmp_path, "m")
    write_nfcore([analyse(planted(), sheet(CONDITIONS, **numbers))], outputs)
    text = (tmp_path / "nfcore" / "m.samplesheet.csv").read_text()
    (first, *_, last) = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False).to_dict(
        "records"
    )
    assert (first["FragmentLength"], first["Purity"]) == ("200", "0.5")
    assert (last["FragmentLength"], last["Purity"]) == ("NA", "1.0")


def test_every_contrast_of_levels_has_a_row_and_ids_differ(tmp_path: Path) -> None:
    three = ["good", "good", "late", "late", "late", "poor", "poor", "poor"]
    found = analyse_several(planted(), sheet(three), ["poor-good", "late-good"])
    outputs = Outputs(tmp_path, "m")
    write_nfcore(found, outputs)
    text = (tmp_path / "nfcore" / "m.contrasts.csv").read_text().splitlines()
    assert text[1:] == [
        "Condition_poor_good,Condition,good,poor,",
        "Condition_late_good,Condition,good,late,",
    ]
    loaded = yaml.safe_load((tmp_path / "nfcore" / "m.contrasts.yaml").read_text())
    assert all(re.fullmatch(r"\S+", c["id"]) and len(c) == 2 for c in loaded["contrasts"])


def test_a_slope_has_no_form_there(tmp_path: Path) -> None:
    rows = sheet(CONDITIONS, Age=[50, 51, 62, 44, 70, 58, 49, 66])
    found = analyse(planted(), rows, formula="~ Age", contrast="Age")
    assert contrast_row(found) is None
    outputs = Outputs(tmp_path, "m")
    write_nfcore([found], outputs)
    assert outputs.written == []
