"""A whole run on a small cohort, and what becomes of bad input."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from resist_epi import pipeline
from resist_epi.counting.matrix_files import read_counts
from resist_epi.counting.profile_files import read_profile_matrix
from resist_epi.errors import InputFormatError, QuantityError, SampleSheetError
from resist_epi.genes.domain_links import DOMAIN_LINKS
from resist_epi.genes.linking import LINK_COLUMNS
from resist_epi.io.run_folder import FILES
from resist_epi.io.tables import read_results, read_table
from resist_epi.pipeline import run_study
from resist_epi.report.figures import FORMATS
from resist_epi.samples.facts import facts_of, figure_title
from resist_epi.schema import CHECK, GENE_SETS, PRE_SPECIFIED, QUALITY, RESULTS, names
from resist_epi.schema.dictionary import TABLES
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.domains import written_domains
from resist_epi.study.study_file import read_study
from tests.support.builders import said
from tests.support.cohort import CHANGED, SmallCohort
from tests.support.finished import FinishedRun


@pytest.fixture(scope="module")
def cohort(finished_run: FinishedRun) -> SmallCohort:
    return finished_run.cohort


@pytest.fixture(scope="module")
def study(finished_run: FinishedRun) -> Path:
    return finished_run.out


def settings(cohort: SmallCohort, **more: object) -> StudySettings:
    values = {"sheet": cohort.sheet, "genes": cohort.genes, "gene_sets": cohort.gene_sets}
    return StudySettings.model_validate({**values, **more})


def test_the_folder_holds_what_the_contract_says(study: Path) -> None:
    found = {str(p.relative_to(study)) for p in study.rglob("*") if p.is_file()}
    expected = {"study.yaml", "provenance.json", "check.tsv", "qc.tsv", "steps.json"}
    expected |= {"report.html", "run.log", "igv_session.xml", "marks/switches.tsv", "tracks.json"}
    expected |= {f"figures/study.switch.{s}" for s in FORMATS}
    expected |= {f"multiqc/resist_epi_{w}_mqc.tsv" for w in ("libraries", "calls", "size_factors")}
    expected |= {"multiqc/resist_epi_mqc_versions.yml", "ro-crate-metadata.json"}
    for mark, kinds in {
        "H3K27me3": ("promoters", "genes", "peaks", "domains"),
        "H3K36me3": ("genes", "peaks", "domains"),
    }.items():
        expected |= {f"normalization/{mark}{what}.tsv" for what in ("", ".calls")}
        expected.add(f"gene_sets/{mark}.tsv")
        of_mark = ("pca", "correlation", "normalization", "heatmap", "genome")
        expected |= {f"figures/{mark}.{f}.{s}" for f in of_mark for s in FORMATS}
        nfcore = (
            "matrix.tsv",
            "features.tsv",
            "samplesheet.csv",
            "contrasts.csv",
            "contrasts.yaml",
        )
        expected |= {f"nfcore/{mark}.{what}" for what in nfcore}
        expected |= {f"profiles/{mark}.gz", f"copy_number/{mark}.arms.tsv"}
        expected |= {
            f"quality/{mark}{what}.tsv" for what in ("", ".shares", ".correlation", ".pca")
        }
        expected |= {f"counts/{mark}.{what}.parquet" for what in ("bins", "windows")}
        expected |= {f"links/{mark}.{kind}.tsv.gz" for kind in ("peaks", "domains")}
        expected |= {f"genes/{mark}.tsv.gz", f"sites/{mark}.tsv.gz", f"sites/{mark}.summary.tsv"}
        for kind in kinds:
            expected |= {
                f"counts/{mark}.{kind}.parquet",
                f"differential/{mark}.{kind}.tsv.gz",
                f"differential/{mark}.{kind}.bed",
                f"values/{mark}.{kind}.tsv.gz",
            }
            expected |= {
                f"figures/{mark}.{kind}.{f}.{s}"
                for f in ("ma", "volcano", "pvalue")
                for s in FORMATS
            }
    assert found == expected


def test_its_files_say_what_a_figure_of_them_is_titled(study: Path) -> None:
    of_samples = "H3K27me3: 8 libraries (4 good, 4 poor)"
    contrast = "poor minus good (4 + 4 units)"
    for name, title in {
        "quality/H3K27me3.pca.tsv": of_samples,
        "quality/H3K27me3.correlation.tsv": of_samples,
        "normalization/H3K27me3.tsv": f"H3K27me3: {contrast}",
    }.items():
        assert figure_title(facts_of(read_table(study / name).attrs["header"])) == title
    matrix = read_profile_matrix(study / "profiles" / "H3K27me3.gz")
    assert matrix.title == f"H3K27me3, promoters: {contrast}"


def test_every_column_of_the_tables_is_explained(study: Path, cohort: SmallCohort) -> None:
    stands_for = {"GROUP": "(good|poor)", "KIND": "[a-z]+", "MARK": "H3K[0-9]+me3"}
    stands_for |= {"UNIT": ".+", "NORMALIZATION": "[a-z_]+"}
    samples = set(pd.read_csv(cohort.sheet)["SampleID"])
    looked = 0
    for table in TABLES:
        told = "|".join(c.name for part in table.parts for c in part.columns)
        for word, pattern in stands_for.items():
            told = re.sub(rf"\b{word}(?=_|\b)|(?<=_){word}\b", pattern, told)
        for file in (FILES[f] for f in table.files if f in FILES):  # type: ignore[index]
            for path in study.glob(re.sub(r"{\w+}", "*", file)):
                if path.name.count(".") == file.count("."):
                    found = set(read_table(path)) - samples
                    assert [c for c in found if not re.fullmatch(told, c)] == [], path
                    looked += 1
    assert looked > 20


@pytest.mark.parametrize(("mark", "kind"), [("H3K27me3", "promoters"), ("H3K36me3", "genes")])
def test_planted_genes_gain_and_no_others(study: Path, mark: str, kind: str) -> None:
    table = read_results(study / "differential" / f"{mark}.{kind}.tsv.gz")
    assert list(table.columns[: len(RESULTS)]) == names(RESULTS)
    assert set(table.loc[table["direction"] == "gain", "symbol"]) == set(CHANGED[mark])
    assert not (table["direction"] == "loss").any()


def test_a_row_a_gene_and_the_links_of_peaks(study: Path) -> None:
    table = read_table(study / "genes" / "H3K27me3.tsv.gz").set_index("symbol")
    assert table.index.is_unique
    assert table.loc["GENE3", "promoters_direction"] == "gain"
    assert table.loc["GENE3", "genes_log2FoldChange"] > 1
    assert table.loc["GENE3", "locus_id"] == table.loc["GENE4", "locus_id"]  # under one domain
    assert table["locus_id"].nunique() == len(table) - 1
    links = read_table(study / "links" / "H3K27me3.peaks.tsv.gz", required=LINK_COLUMNS)
    assert {"promoter", "gene_body"} == set(links["reason"])
    assert "GENE3" in set(links["symbol"])


def test_domains_are_tested_and_linked_to_their_genes(study: Path) -> None:
    table = read_results(study / "differential" / "H3K27me3.domains.tsv.gz")
    assert list(table.columns[: len(RESULTS)]) == names(RESULTS)
    assert set(table["direction"]) == {"gain"}
    assert set(table["window_direction"]) == {"up"}
    assert {"GENE3", "GENE4"} <= set(table["symbol"]) | set(table["nearest_symbol"])
    header = said(table)
    assert "windows of 2,000 and 10,000 bp" in header
    assert "Simes over the windows" in header
    links = read_table(study / "links" / "H3K27me3.domains.tsv.gz", required=DOMAIN_LINKS)
    assert {"GENE3", "GENE4"} <= set(links["symbol"])
    genes = read_table(study / "genes" / "H3K27me3.tsv.gz").set_index("symbol")
    assert genes.loc[["GENE3", "GENE4"], "domains_direction"].tolist() == ["gain", "gain"]
    assert genes.loc["GENE3", "domains_region_id"] in set(table["region_id"])
    assert genes.loc["GENE50", "domains_reason"] == ""


def test_the_header_says_what_was_done(study: Path) -> None:
    table = read_results(study / "differential" / "H3K27me3.promoters.tsv.gz")
    header = said(table)
    for part in ("resist_epi:", "poor minus good; positive = more mark in poor", "trend:"):
        assert part in header
    assert "tmm_rounds: assumes" in header
    assert "relabelling: 70 relabellings of the units: a median of " in header
    first, others = header.split("agreement: ")[1].split("; ", 1)
    assert first == "2 regions differ under TMM of the regions that seem unchanged (tmm_rounds)"
    assert others.startswith("2 under TMM in regions (tmm), 2 of these 2 among them (median log2")
    assert "(chosen: the sheet has no SpikeInReads; only" in header
    for part in ("mean_signal", "regions tested", "fdr: 0.05"):
        assert part in header


def test_domains_whose_genes_are_one_locus_are_read_back(study: Path) -> None:
    found = written_domains(study, "H3K27me3")
    assert found is not None
    assert list(found.columns) == ["chrom", "start", "end"]
    results = read_results(study / "differential" / "H3K27me3.domains.tsv.gz")
    assert found["start"].isin(results["whole_start"]).all()
    assert written_domains(study, "H3K36me3") is None  # bodies: neighbours are genes of their own
    assert written_domains(study, "H3K4me3") is None  # not in this run


def test_normalisations_are_compared(study: Path) -> None:
    table = read_table(study / "normalization" / "H3K27me3.tsv")
    assert list(table["normalization"].unique()) == ["tmm_rounds", "tmm", "library_size"]
    assert table.groupby("normalization")["n_shared"].first().to_dict() == {
        "library_size": 2,
        "tmm_rounds": 2,
        "tmm": 2,
    }
    results = read_results(study / "differential" / "H3K27me3.promoters.tsv.gz")
    assert results["high_confidence"].isna().all()  # its genome is too small for background


def test_gene_sets_and_quality(study: Path) -> None:
    sets = read_table(study / "gene_sets" / "H3K27me3.tsv", required=names(GENE_SETS))
    sets = sets.set_index("set")
    assert sets.loc["GAINED", "n_gain"] == 2
    assert sets.loc["GAINED", "genes"].split(",") in (["GENE3", "GENE4"], ["GENE4", "GENE3"])
    assert sets.loc["GAINED", "effect"] > 0.5
    assert sets.loc["FOREIGN", "n_tested"] == 0
    assert pd.isna(sets.loc["FOREIGN", "pvalue"])
    quality = read_table(study / "qc.tsv", required=names(QUALITY))
    assert len(quality) == 16
    assert quality["fraction_in_promoters"].between(0.1, 1).all()
    assert quality["fraction_in_peaks"].between(0, 1).all()
    read_table(study / "check.tsv", required=names(CHECK))


def test_counts_can_be_read_back(study: Path) -> None:
    counts = read_counts(study / "counts" / "H3K36me3.genes.parquet")
    assert counts.quantity == "mean_signal"
    assert len(counts.samples) == 8


def test_the_study_file_gives_the_same_tables_again(study: Path, tmp_path: Path) -> None:
    run_study(read_study(study / "study.yaml"), tmp_path / "again", report=False)
    for path in sorted(study.rglob("*.tsv*")) + sorted(study.rglob("*.bed")):
        assert (tmp_path / "again" / path.relative_to(study)).read_bytes() == path.read_bytes()


def test_the_session_names_files_that_are_there(study: Path) -> None:
    found = ElementTree.parse(study / "igv_session.xml").findall(".//Resource")
    paths = [resource.attrib["path"] for resource in found]
    assert any(path.endswith(".bed") for path in paths)
    assert not [path for path in paths if not (study / path).is_file()]


def test_tables_of_genes_and_sets_say_what_was_asked(study: Path) -> None:
    for path in (*study.glob("gene_sets/*.tsv"), *study.glob("genes/*.tsv.gz")):
        header = read_table(path).attrs["header"]
        assert header["question"]["formula"] == "~ Condition", path
        assert header["facts"]["contrast"]["kind"] == "difference", path


def test_provenance_names_every_input(study: Path, cohort: SmallCohort) -> None:
    record = json.loads((study / "provenance.json").read_text())
    assert len(record["inputs"]) == 3 + 16 + 16
    assert record["inputs"][str(cohort.sheet)] != record["inputs"][str(cohort.genes)]
    assert record["parameters"]["design"] == "~ Condition"


def beside_its_files(cohort: SmallCohort, folder: Path) -> Path:
    """Where another sheet of the same files can be written."""
    return Path(shutil.copytree(cohort.sheet.parent, folder / "cohort")) / "other.csv"


def test_missing_tracks_stop_the_run_and_are_all_named(
    cohort: SmallCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "read_tracks", lambda *_: pytest.fail("others are read before"))
    text = cohort.sheet.read_text().replace("T1_H3K27me3.bw", "gone.bw")
    sheet = beside_its_files(cohort, tmp_path)
    sheet.write_text(text.replace("T6_H3K36me3.bed", "lost.bed"))
    with pytest.raises(SampleSheetError) as caught:
        run_study(settings(cohort, sheet=sheet), tmp_path / "out")
    assert "2 problems" in str(caught.value)
    assert "gone.bw: no such file" in str(caught.value)
    assert "lost.bed: no such file" in str(caught.value)
    assert (read_table(tmp_path / "out" / "check.tsv")["level"] == "error").sum() == 2


def test_a_test_of_other_quantities_is_refused_before_anything_is_counted(
    cohort: SmallCohort, tmp_path: Path
) -> None:
    with pytest.raises(QuantityError, match="the study of H3K27me3 holds mean_signal"):
        run_study(settings(cohort, method="voom"), tmp_path / "out")
    assert not (tmp_path / "out" / "counts").exists()


def test_one_unit_a_group_gives_fold_changes_and_goes_on(
    cohort: SmallCohort, tmp_path: Path
) -> None:
    rows = pd.read_csv(cohort.sheet)
    kept = rows[rows["SampleID"].str.match("T[04]_") | (rows["Factor"] == "H3K36me3")]
    sheet = beside_its_files(cohort, tmp_path)
    kept.to_csv(sheet, index=False)
    out = run_study(settings(cohort, sheet=sheet), tmp_path / "out", report=False)
    table = read_results(out / "differential" / "H3K27me3.promoters.tsv.gz")
    assert table["pvalue"].isna().all()
    assert table["log2FoldChange"].notna().all()
    assert table.attrs["header"]["no test"].startswith("fold changes without P: contrast")
    other = read_results(out / "differential" / "H3K36me3.genes.tsv.gz")
    assert other["pvalue"].notna().any()
    sets = read_table(out / "gene_sets" / "H3K27me3.tsv")
    assert sets["pvalue"].isna().all()


def test_an_output_that_cannot_be_made(cohort: SmallCohort, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputFormatError, match=r"file.*cannot be written"):
        run_study(settings(cohort), tmp_path / "file" / "out")


def test_the_core_named_in_advance_is_tested_on_its_own(
    cohort: SmallCohort, tmp_path: Path
) -> None:
    gmt = tmp_path / "core.gmt"
    gmt.write_text("NSD2_TARGETS_TAMOXIFEN\tmade here\tGENE3\tGENE4\tGENE40\tHK2\n")
    run_study(settings(cohort, gene_sets=gmt), tmp_path / "out", report=False)
    path = tmp_path / "out" / "gene_sets" / "H3K27me3.nsd2_core_test.tsv"
    table = read_table(path, required=names(PRE_SPECIFIED))
    assert table["n_tested"].tolist() == [3]
    assert table["genes"].tolist() == ["GENE3,GENE4,GENE40"]
    assert table["fry_pvalue"].between(0, 1).all()
    assert "matched on baseline, length" in said(table)
    one_by_one = read_table(path.with_name("H3K27me3.nsd2_core.tsv"))
    assert one_by_one["symbol"].tolist() == ["GENE3", "GENE4", "GENE40", "HK2"]
