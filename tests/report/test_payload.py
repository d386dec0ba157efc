"""Tables as they travel in the page."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resist_epi.report.payload import pack, pack_results, rounded
from resist_epi.schema import RESULTS


def unpack(text: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(text)))


def results(n: int = 3) -> pd.DataFrame:
    table = pd.DataFrame({c.name: [np.nan] * n for c in RESULTS})
    return table.assign(
        chrom=["chr1", "chr1", "chr2"][:n],
        start=[100, 5000, 30][:n],
        end=[200, 5100, 90][:n],
        strand="+",
        region_id=[f"r{i}" for i in range(n)],
        gene_id="",
        symbol=["A", "</script><b>", "C"][:n],
        baseMean=[1234567.891, 0.000012349, np.nan][:n],
        log2FoldChange=[-1.23456, 0.0, 3.0][:n],
        direction=["loss", "none", "gain"][:n],
    )


def test_a_table_survives_the_way() -> None:
    data = unpack(pack_results(results()))
    assert np.cumsum(data["step"]).tolist() == [100, 5000, 30]
    assert data["width"] == [100, 100, 60]
    chrom = data["coded"]["chrom"]
    assert [chrom["levels"][c] for c in chrom["codes"]] == ["chr1", "chr1", "chr2"]
    assert data["number"]["baseMean"] == [1235000, 1.235e-05, None]
    assert data["number"]["pvalue"] == [None, None, None]
    assert data["text"]["symbol"][1] == "</script><b>"


def test_nothing_in_a_pack_can_end_a_script() -> None:
    assert not set(pack_results(results())) & set("<>&\"'")


def test_equal_tables_give_equal_bytes() -> None:
    assert pack_results(results()) == pack_results(results())
    assert pack("a") == pack("a")


def test_an_empty_table() -> None:
    data = unpack(pack_results(results().iloc[:0]))
    assert data["n"] == 0
    assert data["step"] == []


@pytest.mark.parametrize("value", [1.23456789e-300, 9.9999e22, -0.00099995, 5e-324, 123.44])
def test_rounding_is_that_of_format(value: float) -> None:
    assert rounded(np.array([value]))[0] == pytest.approx(float(f"{value:.4g}"), rel=1e-9)


def test_undefined_numbers_are_null() -> None:
    assert rounded(np.array([np.nan, np.inf, -np.inf, 0.0, 2.0])) == [None, None, None, 0, 2]


def test_each_row_has_its_place_in_the_order_of_support() -> None:
    data = unpack(pack_results(results().assign(pvalue=[0.5, 0.01, 0.2], padj=[0.5, 0.03, 0.3])))
    assert data["number"]["rank"] == [2, 0, 1]
    assert "svalue" not in data["number"]
    sure = results().assign(svalue=[0.01, 0.2, 0.01], shrunkenLog2FoldChange=[0.5, 3.0, -0.9])
    data = unpack(pack_results(sure))
    assert data["number"]["rank"] == [1, 2, 0]
    assert data["number"]["svalue"] == [0.01, 0.2, 0.01]
