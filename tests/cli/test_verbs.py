"""The verbs as a person types them: files out, exit codes, one clear error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.io.tables import read_results, read_table
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.settings import read_study
from tests.support.cohort import SmallCohort, make_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    return make_cohort(tmp_path_factory.mktemp("cohort"))


def test_the_verbs_in_a_row(cohort: SmallCohort, tmp_path: Path) -> None:
    genes = ["--genes", str(cohort.genes)]
    counts, results = tmp_path / "c.parquet", tmp_path / "r.tsv.gz"
    assert main(["regions", "promoters", *genes, "-o", str(tmp_path / "p.bed")]) == 0
    count = ["count", str(cohort.sheet), "--mark", "h3k27me3", *genes, "-o", str(counts)]
    assert main([*count, "--regions", "promoters"]) == 0
    assert main(["diff", str(counts), "-o", str(results), "--normalize", "tmm"]) == 0
    table = read_results(results)
    assert set(table.loc[table["direction"] == "gain", "symbol"]) == {"GENE3", "GENE4"}
    enrich = ["enrich", str(results), "--gene-sets", str(cohort.gene_sets)]
    assert main([*enrich, "-o", str(tmp_path / "s.tsv")]) == 0
    with_counts = ["--counts", str(counts), "--normalize", "tmm", "-o", str(tmp_path / "t.tsv")]
    assert main([*enrich, *with_counts]) == 0
    assert list(read_table(tmp_path / "t.tsv")["n_gain"]) == [2, 0, 0]


def test_counting_a_bed_file_takes_every_mark(cohort: SmallCohort, tmp_path: Path) -> None:
    bed = tmp_path / "r.bed"
    bed.write_text("chr2\t0\t1000\nchr1\t5000\t9000\n")
    out = tmp_path / "c.tsv"
    assert main(["count", str(cohort.sheet), "--regions", str(bed), "-o", str(out)]) == 0
    table = read_table(out)
    assert list(table["chrom"]) == ["chr1", "chr2"]
    assert sum(c.startswith("T") for c in table.columns) == 16


def test_options_that_do_not_belong_to_the_results_are_noticed(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, results = tmp_path / "c.parquet", tmp_path / "r.tsv"
    count = ["count", str(cohort.sheet), "--mark", "H3K36me3", "--genes", str(cohort.genes)]
    main([*count, "--regions", "genes", "-o", str(counts)])
    main(["diff", str(counts), "-o", str(results)])
    enrich = ["enrich", str(results), "--counts", str(counts), "--contrast", "good-poor"]
    assert main([*enrich, "-o", str(tmp_path / "s.tsv")]) == 1
    assert "other results than those in the table" in capsys.readouterr().err


def test_check_lists_every_problem_and_exits_with_1(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(cohort.sheet)]) == 0
    assert "16 " not in capsys.readouterr().err
    sheet = cohort.sheet.with_name("bad.csv")
    text = cohort.sheet.read_text().replace("T0_H3K27me3.bw", "none.bw")
    sheet.write_text(text.replace("T1_H3K27me3.bw", "T1_H3K27me3.bed"))
    assert main(["check", str(sheet), "-o", str(tmp_path / "check.tsv")]) == 1
    errors = read_table(tmp_path / "check.tsv").query("level == 'error'")
    assert list(errors["sample"]) == ["T0_H3K27me3", "T1_H3K27me3"]


@pytest.fixture
def tsv(tmp_path: Path) -> tuple[Path, Path]:
    counts, sheet = tmp_path / "c.tsv", tmp_path / "s.csv"
    counts.write_text("chrom\tstart\tend\ta\tb\tc\td\n" + "chr1\t0\t9\t10\t12\t30\t31\n" * 1)
    sheet.write_text("SampleID,Factor,Condition\na,ER,x\nb,ER,x\nc,ER,y\nd,ER,y\n")
    return counts, sheet


def test_a_group_of_one_is_an_error_with_a_way_out(
    tsv: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, sheet = tsv
    sheet.write_text("SampleID,Factor,Condition\na,ER,x\nb,ER,x\nc,ER,y\n")
    command = ["diff", str(counts), "--samples", str(sheet), "-o", str(tmp_path / "r.tsv")]
    assert main(command) == 1
    error = capsys.readouterr().err
    assert "one side rests on 1 biological unit" in error
    assert "--fold-changes-only" in error
    assert not (tmp_path / "r.tsv").exists()
    assert main([*command, "--fold-changes-only"]) == 0
    assert read_results(tmp_path / "r.tsv")["pvalue"].isna().all()


def test_the_counts_tell_which_mark_of_a_sheet_is_meant(
    tsv: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = tmp_path / "c.parquet"
    write_counts(counts, read_counts(tsv[0], sheet=read_sheet(tsv[1])))
    sheet, rows = tsv[1], tsv[1].read_text()
    command = ["diff", str(counts), "--samples", str(sheet), "--fold-changes-only"]
    assert main([*command, "-o", str(tmp_path / "one.tsv")]) == 0
    more = "".join(f"{s}2,H3K27ac,{c}\n" for s, c in zip("abcd", "xxyy", strict=True))
    sheet.write_text(rows + more)
    assert main([*command, "-o", str(tmp_path / "two.tsv")]) == 0
    assert (tmp_path / "two.tsv").read_text() == (tmp_path / "one.tsv").read_text()
    sheet.write_text(rows.replace("d,ER", "d,H3K27ac"))
    assert main([*command, "-o", str(tmp_path / "three.tsv")]) == 1
    assert "several marks (ER, H3K27ac)" in capsys.readouterr().err


def test_an_interrupt_is_said_and_leaves_nothing(
    tsv: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("resist_epi.study.count_sheet.read_counts_and_sheet", interrupted)
    assert main(["diff", str(tsv[0]), "-o", str(tmp_path / "r.tsv")]) == 130
    assert capsys.readouterr().err.count("stopped") == 1
    assert not (tmp_path / "r.tsv").exists()


BAD_SHEETS = {
    "duplicate ids": ("a,ER,x\na,ER,y\n", "'a' stands 2 times"),
    "trailing blank": ("a,ER,x \nb,ER,y\n", "begins or ends with a blank"),
    "empty cell": ("a,ER,\nb,ER,y\n", "line 2, column Condition: empty"),
}


@pytest.mark.parametrize("name", BAD_SHEETS)
def test_bad_sheets(
    tsv: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    counts, sheet = tsv
    rows, message = BAD_SHEETS[name]
    sheet.write_text("SampleID,Factor,Condition\n" + rows)
    out = str(tmp_path / "r.tsv")
    assert main(["diff", str(counts), "--samples", str(sheet), "-o", out]) == 1
    assert message in capsys.readouterr().err
    assert not Path(out).exists()


def test_a_sheet_in_the_wrong_encoding(
    tsv: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    counts, sheet = tsv
    sheet.write_bytes("SampleID,Factor,Condition\na,ER,gut für alle\n".encode("latin-1"))
    assert main(["diff", str(counts), "--samples", str(sheet), "-o", "x.tsv"]) == 1
    assert "not UTF-8 text" in capsys.readouterr().err


BAD_PEAKS = {
    "text for a number": ("chr1\tmany\t9\n", "line 1"),
    "start after end": ("chr1\t5\t9\nchr1\t9\t5\n", "line 2"),
    "negative": ("chr1\t-5\t9\n", "line 1"),
}


@pytest.mark.parametrize("name", BAD_PEAKS)
def test_bad_regions_name_the_line(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text, message = BAD_PEAKS[name]
    bed = tmp_path / "r.bed"
    bed.write_text(text)
    out = str(tmp_path / "c.tsv")
    assert main(["count", str(cohort.sheet), "--regions", str(bed), "-o", out]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "r.bed" in error


def test_a_wrong_assembly_names_both(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["count", str(cohort.sheet), "--mark", "H3K36me3", "--regions", "genes"]
    assert main([*command, "--genome", "hg38", "-o", str(tmp_path / "c.tsv")]) == 1
    assert "hg38" in capsys.readouterr().err


def test_an_output_that_cannot_be_written(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    bed = tmp_path / "r.bed"
    bed.write_text("chr1\t0\t10\n")
    out = str(tmp_path / "file" / "c.tsv")
    assert main(["count", str(cohort.sheet), "--regions", str(bed), "-o", out]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_usage_errors_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff"]) == 2
    assert main(["regions", "enhancers", "-o", "x"]) == 2
    assert main(["--help"]) == 0
    assert "enrich" in capsys.readouterr().out
    assert main(["--version"]) == 0


def test_the_console_script_shows_a_traceback_only_with_debug(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "resist_epi", "check", str(tmp_path / "none.csv")]
    plain = subprocess.run(command, capture_output=True, text=True, check=False)
    assert plain.returncode == 1
    bad = ["diff", str(tmp_path / "none.tsv"), "-o", str(tmp_path / "x.tsv")]
    command = [sys.executable, "-m", "resist_epi", *bad]
    error = subprocess.run(command, capture_output=True, text=True, check=False)
    assert error.returncode == 1
    assert error.stderr.count("\n") == 1
    debug = subprocess.run([*command, "--debug"], capture_output=True, text=True, check=False)
    assert "Traceback" in debug.stderr


def test_results_written_twice_are_the_same(tsv: tuple[Path, Path], tmp_path: Path) -> None:
    counts, sheet = tsv
    frame = pd.DataFrame(
        {"chrom": "chr1", "start": range(0, 900, 9), "end": range(9, 909, 9)}
        | {s: [i * 7 % 50 + 10 for i in range(100)] for s in "abcd"}
    )
    frame.to_csv(counts, sep="\t", index=False)
    outputs = []
    for name in ("one.tsv.gz", "two.tsv.gz"):
        out = tmp_path / name
        assert main(["diff", str(counts), "--samples", str(sheet), "-o", str(out)]) == 0
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1]


def test_background_counts_normalise_and_what_is_missing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(3)
    samples = [f"s{i}" for i in range(6)]
    made = {}
    for name, rate, change in (("regions", 200, 2.0), ("bins", 40, 1.0)):
        mean = rng.gamma(20, rate / 20, size=(400, 1)).repeat(6, axis=1)
        mean[:200, 3:] *= change
        table = pd.DataFrame(rng.poisson(mean), columns=samples)
        place = pd.DataFrame({"chrom": "chr1", "start": np.arange(400) * 10_000})
        place["end"] = place["start"] + 10_000
        made[name] = tmp_path / f"{name}.tsv"
        pd.concat([place, table], axis=1).to_csv(made[name], sep="\t", index=False)
    sheet = tmp_path / "sheet.csv"
    rows = [f"{s},H3K27me3,{'good' if i < 3 else 'poor'},1000000" for i, s in enumerate(samples)]
    sheet.write_text("SampleID,Factor,Condition,LibrarySize\n" + "\n".join(rows) + "\n")
    out = tmp_path / "results.tsv"
    common = ["diff", str(made["regions"]), "--samples", str(sheet), "-o", str(out)]
    assert main([*common, "--background", str(made["bins"])]) == 0
    results = read_results(out)
    assert results.attrs["header"]["normalization"].startswith("background: assumes")
    assert results["log2FoldChange"].iloc[:200].median() == pytest.approx(1, abs=0.06)
    assert main([*common, "--normalize", "reads_in_regions"]) == 0
    assert read_results(out)["log2FoldChange"].iloc[:200].median() < 0.6
    assert main([*common, "--normalize", "background"]) == 1
    assert "normalisation background needs counts in 10-kb bins" in capsys.readouterr().err
    assert main([*common, "--normalize", "common_peaks"]) == 1
    assert "needs the column Peaks" in capsys.readouterr().err
    for method in ("trend", "ql", "voom"):
        assert main([*common, "--normalize", "loess", "--method", method]) == 0
        # Half of the regions gained, the trend follows the middle: nothing tells which half did.
        assert abs(read_results(out)["log2FoldChange"].median()) < 0.15


@pytest.mark.usefixtures("without_figures")
def test_options_beside_a_study_file_win_over_it(cohort: SmallCohort, tmp_path: Path) -> None:
    sheet = ["--genes", str(cohort.genes), "--gene-sets", str(cohort.gene_sets)]
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["run", str(cohort.sheet), *sheet, "--normalize", "tmm", "-o", str(first)]) == 0
    again = ["run", str(first / "study.yaml"), "-o", str(second)]
    assert main([*again, "--fdr", "0.2"]) == 0
    settings = read_study(second / "study.yaml")
    assert (settings.normalize, settings.fdr) == ("tmm", 0.2)


def test_counts_need_a_name_that_says_their_format(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "counts.csv")
    command = ["count", str(cohort.sheet), "--mark", "H3K36me3", "--genes", str(cohort.genes)]
    assert main([*command, "--regions", "genes", "-o", out]) == 1
    assert "expected .parquet, .tsv or .tsv.gz" in capsys.readouterr().err


def test_gene_sets_follow_the_level_asked_for(cohort: SmallCohort, tmp_path: Path) -> None:
    counts, results = tmp_path / "c.parquet", tmp_path / "r.tsv"
    count = ["count", str(cohort.sheet), "--mark", "H3K27me3", "--genes", str(cohort.genes)]
    main([*count, "--regions", "promoters", "-o", str(counts)])
    main(["diff", str(counts), "-o", str(results), "--fdr", "1e-300"])
    assert (read_results(results)["direction"] == "none").all()
    enrich = ["enrich", str(results), "--gene-sets", str(cohort.gene_sets)]
    assert main([*enrich, "--fdr", "0.05", "-o", str(tmp_path / "s.tsv")]) == 0
    assert read_table(tmp_path / "s.tsv")["n_gain"].iloc[0] == 2
