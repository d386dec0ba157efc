"""The tables of peaks alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy.stats import fisher_exact

from resist_epi.errors import DesignError
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genome.reference import Reference, load_reference
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.occupancy import Occupancy, sheet_occupancy
from resist_epi.study.occupancy_tables import (
    OccupancyTables,
    occupancy_tables,
    overlap_tables,
    table_headers,
)
from tests.support.peak_sheets import write_peak_sheet

SETS = {"GLYCOLYSIS_CORE": GeneSet("GLYCOLYSIS_CORE", "here", ("HK2", "OTHER", "NOWHERE"))}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Occupancy, OccupancyTables]:
    folder = tmp_path_factory.mktemp("peaks")
    found = sheet_occupancy(read_sheet(write_peak_sheet(folder)))
    reference: Reference = load_reference(None, folder / "genes.tsv")
    return found, occupancy_tables(found, reference, gene_sets=SETS)


def test_a_row_a_consensus_peak(made: tuple[Occupancy, OccupancyTables]) -> None:
    table = made[1].regions
    assert table["symbol"].tolist() == ["HK2", "", "G6PD", ""]
    assert table["class"].tolist() == ["promoter", "gene_body", "promoter", "intergenic"]
    assert table["n_samples"].tolist() == [4, 8, 4, 4]
    assert table[["n_good", "n_poor"]].to_numpy().tolist() == [[4, 0], [4, 4], [0, 4], [2, 2]]
    assert table["fraction_difference"].tolist() == [-1, 0, 1, 0]
    assert table["descriptive_pvalue"].tolist() == pytest.approx(
        [fisher_exact([[4, 0], [0, 4]]).pvalue, 1, fisher_exact([[4, 0], [0, 4]]).pvalue, 1]
    )
    assert list(table)[-8:] == [f"H3K27me3_T{i}" for i in range(8)]
    assert table.iloc[0, -8:].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def test_classes_of_consensus_groups_and_samples(made: tuple[Occupancy, OccupancyTables]) -> None:
    table = made[1].classes
    assert table is not None
    assert table.groupby("level", sort=False)["set"].nunique().to_dict() == {
        "consensus": 1,
        "group": 2,
        "sample": 8,
    }
    by_set = table.groupby("set")["n_peaks"].sum()
    assert by_set["consensus peaks"] == 4
    assert by_set["good"] == 3, "promoter of HK2, body, and half have the third"
    assert by_set["H3K27me3_T2"] == 4, "own peaks, also those of no consensus"
    assert table.groupby("set")["fraction"].sum().round(9).eq(1).all()


def test_genes_and_mechanisms_are_counted(made: tuple[Occupancy, OccupancyTables]) -> None:
    genes, mechanisms = made[1].genes, made[1].mechanisms
    assert genes is not None
    assert mechanisms is not None
    assert genes[["symbol", "n_peaks", "n_good", "n_poor"]].to_numpy().tolist() == [
        ["HK2", 1, 4, 0],
        ["G6PD", 1, 0, 4],
    ]
    assert genes["mechanisms"].tolist() == ["Glycolysis", ""]
    (row,) = mechanisms.to_dict("records")
    assert (row["n_genes"], row["n_with_peak"]) == (2, 1)
    assert row["share_of_genes"] == pytest.approx(2 / 3)
    assert (row["n_poor"], row["n_good"]) == (0, 1)
    assert (row["more_in_good"], row["genes_more_in_good"]) == (1, "HK2")
    assert row["more_in_poor"] == 0


def test_overlaps(made: tuple[Occupancy, OccupancyTables]) -> None:
    shared = overlap_tables(made[0])
    assert shared.groups.to_numpy().tolist() == [[1, 1, 2, 2], [1, 0, 1, 1], [0, 1, 1, 1]]
    assert shared.samples["n_peaks"].sum() == 4
    assert shared.components["sample"].tolist() == list(made[0].consensus.occupancy)
    headers = table_headers(made[0], shared)
    assert "descriptive" in headers["regions"]["test"]
    assert "no test" in headers["mechanisms"]["counted"]
    assert len(headers["components"]["share of variance"]) == 4


def test_without_genes_there_are_no_classes(tmp_path: Path) -> None:
    tables = occupancy_tables(sheet_occupancy(read_sheet(write_peak_sheet(tmp_path))))
    assert tables.classes is None
    assert "class" not in tables.regions
    assert tables.regions["n_good"].tolist() == [4, 4, 0, 2]


def test_names_that_meet_are_refused(tmp_path: Path) -> None:
    sheet = write_peak_sheet(tmp_path, groups=["samples"] * 4 + ["other"] * 4)
    with pytest.raises(DesignError, match="'n_samples'"):
        occupancy_tables(sheet_occupancy(read_sheet(sheet)))
