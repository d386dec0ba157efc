"""Changes in some units: the table, its words, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import DesignError
from resist_epi.io.tables import read_table, write_table
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.subsets import _in_words, carriers_of, with_carriers
from resist_epi.samples.question import Question
from resist_epi.schema import SUBSETS, names
from tests.support import builders


def _analysis(per_group: int = 8, *, block: str | None = None, n: int = 500) -> Analysis:
    rng = np.random.default_rng(1)
    y = rng.normal(5, 1, size=(n, 1)) + 0.4 * rng.standard_normal((n, 2 * per_group))
    y[:30, per_group : per_group + per_group // 2] += 2.5
    values = 2.0**y
    values[-1] = 0
    patients = [f"P{i // 2}" for i in range(2 * per_group)]
    sheet = builders.sheet(["good"] * per_group + ["poor"] * per_group, Centre=patients)
    return analyse(builders.matrix(values), sheet, contrast="poor-good", block=block)


def test_table_names_the_carriers() -> None:
    found = carriers_of(_analysis())
    assert list(found.table.columns) == names(SUBSETS)
    planted = found.table.iloc[:30]
    assert (planted["direction"] == "gain").mean() > 0.9
    assert (planted["carriers"] == "s8,s9,s10,s11").mean() > 0.7
    assert (planted["n_carriers"] <= planted["n_units"]).all()
    empty = found.table.iloc[-1]
    assert np.isnan(empty["pvalue"])
    assert empty["carriers"] == ""
    assert empty["direction"] == "none"
    assert "in some only" in found.sentence
    assert "s8 (" in found.sentence  # these four are in every region
    assert "change in units of poor at 5% FDR" in found.sentence
    assert found.header["carriers"] == found.sentence
    called = found.table["direction"] != "none"
    part = called & (found.table["n_carriers"] < found.table["n_units"])
    assert found.facts == {"called": called.sum(), "in some only": part.sum()}
    assert found.sentence.startswith(f"{called.sum()} regions change")


def test_units_are_named_where_some_of_them_stand_apart() -> None:
    units = [f"u{i}" for i in range(6)]
    for carriers, said in (
        ([units[:3]] * 4, "out: u0 (100%), u1 (100%), u2 (100%) of these (a subtype"),
        (
            [units[:5], units[1:], units[:3] + units[4:], units[:4] + units[5:]],
            "no unit stands out",
        ),
        ([[u] for u in units], "no unit stands out"),
    ):
        table = pd.DataFrame(
            {
                "direction": "gain",
                "n_carriers": [len(c) for c in carriers],
                "n_units": 6,
                "carriers": [",".join(c) for c in carriers],
            }
        )
        sentence = _in_words(table, "late relapse", 0.05)
        assert said in sentence
        assert "in units of late relapse at 5% FDR" in sentence


def test_too_few_units_and_blocks_are_said() -> None:
    with pytest.raises(DesignError, match="from 6 units a group on; the smaller one has 5"):
        carriers_of(_analysis(5))
    with pytest.raises(DesignError, match="not blocks"):
        carriers_of(_analysis(block="Centre"))
    with pytest.raises(DesignError, match="can be tested"):
        carriers_of(replace(_analysis(), tested=False))
    analysis, found = with_carriers(_analysis(5))
    assert found is None
    assert analysis.header["carriers"].startswith("not looked for: ")
    assert "carriers" not in analysis.facts
    analysis, found = with_carriers(_analysis(n=100))
    assert found is None
    assert "200 tested regions" in analysis.header["carriers"]


def test_a_threshold_is_not_asked_of_carriers_and_that_is_said() -> None:
    analysis = _analysis()
    plain = carriers_of(analysis)
    harder = carriers_of(replace(analysis, question=Question(lfc_threshold=1.0)))
    pd.testing.assert_frame_equal(harder.table, plain.table)
    assert harder.sentence == plain.sentence + (
        "; against no change at all, not the threshold of 1"
    )


def test_diff_writes_them_beside_its_results(tmp_path: Path) -> None:
    analysis = _analysis()
    table = analysis.matrix.regions[["chrom", "start", "end"]].copy()
    table[list(analysis.matrix.samples)] = analysis.matrix.values
    write_table(tmp_path / "counts.tsv", table)
    write_table(tmp_path / "sheet.tsv", analysis.units.table)
    command = ["diff", str(tmp_path / "counts.tsv"), "--samples", str(tmp_path / "sheet.tsv")]
    command += ["--quantity", "mean_signal", "--contrast", "poor-good"]
    files = [str(tmp_path / name) for name in ("results.tsv", "carriers.tsv.gz")]
    assert main([*command, "-o", files[0], "--carriers", files[1]]) == 0
    found = read_table(files[1], required=names(SUBSETS))
    assert (found["direction"] == "gain").sum() >= 25
    assert "in some only" in found.attrs["header"]["carriers"]
