"""AnnData objects of counts and analyses; the library itself is asked where it is installed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from resist_epi.errors import MissingDependencyError
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.unit_values import unit_values
from tests.support.builders import planted, sheet

WHY = (
    "anndata is not installed: its releases for Python 3.11 take pandas below 3, so that it has an"
    " environment of its own (pip install 'resist_epi[anndata]')"
)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse(planted(n=60, per_group=4), sheet(["good"] * 4 + ["poor"] * 4))


def test_parts_of_counts() -> None:
    matrix = planted(n=60, per_group=4)
    rows = sheet(["good"] * 4 + ["poor"] * 4).table
    parts = matrix.anndata_parts(rows)
    np.testing.assert_array_equal(parts["X"], matrix.values.T)
    assert parts["obs"].index.tolist() == list(matrix.samples)
    assert parts["obs"]["Condition"].tolist() == ["good"] * 4 + ["poor"] * 4
    np.testing.assert_array_equal(parts["obs"]["library_size"], matrix.library_sizes)
    assert parts["var"].index.tolist() == matrix.regions["region_id"].tolist()
    assert parts["layers"] == {}
    assert parts["uns"]["quantity"] == matrix.quantity
    assert list(matrix.anndata_parts()["obs"]) == ["library_size"]


def test_parts_of_an_analysis(analysis: Analysis) -> None:
    parts = analysis.anndata_parts()
    values = unit_values(analysis).filter(like="value_")
    np.testing.assert_allclose(parts["layers"]["normalized"], values.to_numpy().T)
    assert parts["var"]["padj"].tolist() == analysis.results["padj"].tolist()
    assert "size_factor" in parts["obs"]
    assert json.loads(parts["uns"]["question"])["contrast"] == "Condition:poor-good"
    assert json.loads(parts["uns"]["header"])["contrast"].startswith("poor minus good")


def test_the_object_is_written_and_read(analysis: Analysis, tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata", reason=WHY)
    made = analysis.to_anndata()
    made.write_h5ad(tmp_path / "a.h5ad")
    read = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert read.shape == analysis.matrix.values.T.shape
    np.testing.assert_array_equal(read.X, analysis.matrix.values.T)
    np.testing.assert_array_equal(read.var["padj"], analysis.results["padj"])
    assert read.obs["Condition"].tolist() == ["good"] * 4 + ["poor"] * 4
    counts = analysis.matrix.to_anndata()
    counts.write_h5ad(tmp_path / "b.h5ad")
    assert counts.var["kind"].tolist() == analysis.matrix.regions["kind"].tolist()


def test_without_anndata_the_line_that_installs_it(
    analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'resist_epi\[anndata\]'"):
        analysis.to_anndata()
    with pytest.raises(MissingDependencyError, match="an AnnData object needs anndata"):
        analysis.matrix.to_anndata()
