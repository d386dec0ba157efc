"""Reading a run's folder, and refusing what is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from resist_epi.errors import DesignError, InputFormatError
from resist_epi.io.tables import read_results, read_table, write_table
from resist_epi.report.gather import gather


def test_everything_of_a_run_is_found(study: Path) -> None:
    run = gather(study)
    assert [m.mark for m in run.marks] == ["H3K27me3", "H3K36me3"]
    first = run.marks[0]
    assert list(first.results) == [
        "promoters",
        "genes",
        "peaks",
        "domains",
    ]  # what speaks for a gene first
    assert first.main.header["contrast"].startswith("poor minus good")
    assert first.correlation is not None
    assert first.correlation.shape == (8, 8)
    assert first.components is not None
    assert len(first.components.attrs["explained"]) == 4
    assert first.gene_sets is not None
    assert first.one_by_one is None  # the cohort's sets lack the pre-specified one
    assert run.provenance["parameters"]["design"] == "~ Condition"


def test_columns_of_the_sheet_are_known_without_scores_too(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(study, folder)
    (folder / "quality" / "sheet_with_scores.csv").unlink(missing_ok=True)
    columns = gather(folder).columns
    assert columns is not None
    assert "Condition" in columns
    assert "Batch" not in columns


def test_a_folder_without_a_run_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"no qc\.tsv and no provenance\.json"):
        gather(tmp_path)


def test_a_run_without_its_results_says_which(study: Path, tmp_path: Path) -> None:
    for name in ("qc.tsv", "provenance.json"):
        shutil.copy(study / name, tmp_path / name)
    with pytest.raises(InputFormatError, match="no results of H3K27me3"):
        gather(tmp_path)


def test_a_run_that_lost_the_table_which_speaks_for_genes_keeps_its_others(
    study: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(study, run)
    (run / "differential" / "H3K27me3.promoters.tsv.gz").unlink()
    assert "promoters" not in gather(run).marks[0].results
    assert "genes" in gather(run).marks[0].results


def test_a_damaged_record_is_named(study: Path, tmp_path: Path) -> None:
    shutil.copytree(study, tmp_path / "run")
    (tmp_path / "run" / "provenance.json").write_text("{\n  broken")
    with pytest.raises(InputFormatError, match=r"provenance\.json"):
        gather(tmp_path / "run")


def test_results_of_the_first_version_are_refused_with_the_remedy(
    study: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(study, run)
    path = run / "differential" / "H3K27me3.promoters.tsv.gz"
    table = read_results(path)
    header = {k: v for k, v in table.attrs["header"].items() if isinstance(v, str)}
    write_table(path, table, header=header)
    with pytest.raises(InputFormatError, match=r"older version.*Run the study again"):
        gather(run)
    write_table(path, table, header=table.attrs["header"] | {"question": {"contrst": "a-b"}})
    with pytest.raises(DesignError, match=r"promoters\.tsv\.gz: a question has no 'contrst'"):
        gather(run)


@pytest.mark.parametrize(("name", "key"), [("method", "options"), ("hidden", "found")])
def test_facts_that_lack_what_the_page_reads_are_named(
    study: Path, tmp_path: Path, name: str, key: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(study, run)
    path = run / "differential" / "H3K27me3.promoters.tsv.gz"
    table = read_results(path)
    header = table.attrs["header"]
    own = {k: v for k, v in header["facts"].get(name, {}).items() if k != key}
    write_table(path, table, header=header | {"facts": header["facts"] | {name: own}})
    with pytest.raises(InputFormatError, match=f"facts' has no '{name}' with.*{key}"):
        gather(run)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("provenance.json", '"parameters": {', '"parameters": 7, "x": {', "not a record of a run"),
        ("quality/H3K27me3.correlation.tsv", "\t1\t", "\tone\t", "expected numbers"),
        ("normalization/H3K27me3.tsv", "\tn_shared\t", "\tn_shaed\t", "n_shared"),
        ("quality/H3K27me3.pca.tsv", "share of variance: ", "share of variance: x ", "share of"),
    ],
)
def test_damage_of_a_table_names_it(
    study: Path, tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    shutil.copytree(study, tmp_path / "run")
    path = tmp_path / "run" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputFormatError, match=message) as caught:
        gather(tmp_path / "run")
    assert path.name in str(caught.value)


def test_values_of_units_that_are_no_numbers_are_named(study: Path, tmp_path: Path) -> None:
    own = tmp_path / "run"
    shutil.copytree(study, own)
    path = next((own / "values").glob("*.tsv.gz"))
    table = read_table(path)
    column = next(c for c in table if c.startswith("value_"))
    write_table(path, table.assign(**{column: "many"}))
    with pytest.raises(InputFormatError, match=f"the column {column} is not of numbers") as caught:
        gather(own)
    assert path.name in str(caught.value)
