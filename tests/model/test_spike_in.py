"""Where the reads of a spike-in come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.regions import bed_regions
from resist_epi.model.analysis import analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.model.spike_in import STRAY_READS, spike_in_reads
from resist_epi.samples.sheet import SampleSheet, make_sheet

SAMPLES = tuple(f"s{i}" for i in range(6))
COLI = dict(zip(SAMPLES, (4000.0, 5000, 4500, 8000, 9000, 10000), strict=True))


def matrix(exogenous: dict[str, dict[str, float]], quantity: str = "reads") -> CountMatrix:
    rng = np.random.default_rng(1)
    regions = bed_regions([("chr1", i * 1000, i * 1000 + 500) for i in range(300)])
    values = rng.poisson(rng.gamma(5, 10, size=300)[:, None], size=(300, 6)).astype(float)
    about = {"exogenous": exogenous} if exogenous else {}
    sizes = np.full(6, 100_000.0)
    return CountMatrix(values, regions, SAMPLES, quantity, sizes, metadata=about)


def sheet(assay: str = "CUT&Tag", **more: object) -> SampleSheet:
    table = pd.DataFrame({"SampleID": SAMPLES, "Factor": "H3K27me3", "Assay": assay})
    return make_sheet(table.assign(Condition=["good"] * 3 + ["poor"] * 3, **more))


def test_reads_of_the_same_files_are_taken_and_the_sheet_wins() -> None:
    found, _ = spike_in_reads(matrix({"E. coli": COLI}), sheet())
    assert found is not None
    np.testing.assert_array_equal(found.reads, list(COLI.values()))
    assert found.source == "reads of E. coli in the same files"
    own, _ = spike_in_reads(matrix({"E. coli": COLI}), sheet(SpikeInReads=range(1000, 1006)))
    assert own is not None
    assert own.source == "the sheet's SpikeInReads"
    assert own.reads[0] == 1000


def test_what_was_added_goes_before_what_was_carried_over() -> None:
    few = dict.fromkeys(SAMPLES, 3.0)
    fly = dict.fromkeys(SAMPLES, STRAY_READS + 1.0)
    assert taken({"E. coli": COLI, "fly": fly}) == "fly"
    assert taken({"E. coli": COLI, "fly": few}) == "E. coli"
    assert taken({"phiX174": COLI, "E. coli": few}) == "E. coli"


def taken(exogenous: dict[str, dict[str, float]]) -> str:
    found, _ = spike_in_reads(matrix(exogenous), sheet())
    assert found is not None
    return found.source.removeprefix("reads of ").removesuffix(" in the same files")


@pytest.mark.parametrize(
    ("exogenous", "assay", "quantity", "why"),
    [
        ({}, "CUT&Tag", "reads", "the sheet has no SpikeInReads"),
        ({"E. coli": COLI}, "ChIP-seq", "reads", "E. coli in its files is no spike-in of ChIP-seq"),
        (
            {"E. coli": dict.fromkeys(SAMPLES, 0.0)},
            "CUT&Tag",
            "reads",
            "no library has a read of E. coli",
        ),
        ({"phiX174": COLI}, "CUT&RUN", "reads", "phiX174 in its files is no spike-in of CUT&RUN"),
        ({"E. coli": COLI}, "CUT&Tag", "mean_signal", "no reads of another genome"),
    ],
)
def test_why_there_is_none(
    exogenous: dict[str, dict[str, float]], assay: str, quantity: str, why: str
) -> None:
    found, said = spike_in_reads(matrix(exogenous, quantity), sheet(assay))
    assert found is None
    assert why in said


def test_it_leads_where_it_passes_its_checks_and_the_header_says_from_where() -> None:
    counts = matrix({"E. coli": COLI})
    inputs = normalization_inputs(counts, sheet())
    found = analyse(counts, sheet(), inputs=inputs)
    assert found.facts["normalization"]["name"] == "spike_in"
    assert found.facts["spike in checks"]["from"] == "reads of E. coli in the same files"
    assert "passes its checks (reads of E. coli in the same files" in found.header["spike-in"]
    # Twice the E. coli at equal depth: half of the mark, which nothing else sees.
    assert np.median(found.results["log2FoldChange"]) == pytest.approx(-1, abs=0.1)
    assert found.header["assay"].startswith("CUT&Tag, by default: ")


def test_too_few_reads_of_it_do_not_lead() -> None:
    counts = matrix({"E. coli": COLI | {"s2": 12.0}})
    found = analyse(counts, sheet(), inputs=normalization_inputs(counts, sheet()))
    assert found.facts["normalization"]["name"] != "spike_in"
    assert "s2: 12 reads of it" in found.header["spike-in"]
    none = replace(counts, metadata={"exogenous": {"E. coli": COLI | {"s2": 0.0}}})
    found = analyse(none, sheet(), inputs=normalization_inputs(none, sheet()))
    assert found.facts["normalization"]["name"] != "spike_in"
