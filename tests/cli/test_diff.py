"""The verb `diff`: counts and a sheet in, results out, and what is wrong with either is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resist_epi as rx
from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.io.tables import read_results
from resist_epi.samples.sheet import read_sheet


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


def test_hidden_factors_are_adjusted_for_named_and_left_out_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    batch = np.tile([0.0, 0.0, 1.0, 1.0], 3)
    level = rng.normal(6, 1, (400, 1)) + rng.normal(0, 0.4, (400, 12))
    level += np.outer(rng.normal(0, 0.8, 400), batch)
    names = [f"s{i}" for i in range(12)]
    table = pd.DataFrame(2.0**level, columns=names)
    for at, column in enumerate(["chrom", "start", "end"]):
        values = [f"chr{i // 40 + 1}" for i in range(400)], np.arange(400) * 1000
        table.insert(at, column, [values[0], values[1], values[1] + 500][at])
    table.to_csv(tmp_path / "c.tsv", sep="\t", index=False)
    rows = "".join(
        f"{s},ER,{'good' if i < 6 else 'poor'},L{b:.0f}\n"
        for i, (s, b) in enumerate(zip(names, batch, strict=True))
    )
    (tmp_path / "s.csv").write_text("SampleID,Factor,Condition,Lab\n" + rows)
    command = ["diff", str(tmp_path / "c.tsv"), "--samples", str(tmp_path / "s.csv")]
    command += ["--quantity", "mean_signal", "--normalize", "tmm", "-o", str(tmp_path / "r.tsv")]
    assert main(command) == 0
    found = read_results(tmp_path / "r.tsv")
    assert "hidden1 goes with Lab" in found.attrs["header"]["hidden factors"]
    assert found.attrs["header"]["question"]["hidden"] == "auto"
    assert found["unadjusted_padj"].notna().all()
    assert main([*command, "--hidden", "none", "--weights", "none"]) == 0
    plain = read_results(tmp_path / "r.tsv")
    np.testing.assert_allclose(plain["pvalue"], found["unadjusted_pvalue"])
    assert main([*command, "--hidden", "two"]) == 1
    assert "expected auto, none or a number of factors; found 'two'" in capsys.readouterr().err


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


def test_results_written_twice_are_the_same(tsv: tuple[Path, Path], tmp_path: Path) -> None:
    counts, sheet = tsv
    frame = pd.DataFrame(
        {"chrom": "chr1", "start": range(0, 900, 9), "end": range(9, 909, 9)}
        | {s: [i * 7 % 50 + 10 + k for i in range(100)] for k, s in enumerate("abcd")}
    )
    frame.to_csv(counts, sep="\t", index=False)
    outputs = []
    for name in ("one.tsv.gz", "two.tsv.gz"):
        out = tmp_path / name
        assert main(["diff", str(counts), "--samples", str(sheet), "-o", str(out)]) == 0
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1]


def with_bins(folder: Path) -> tuple[Path, Path, Path]:
    """Sheet, counts of which the first half doubles, and counts in bins of background."""
    rng = np.random.default_rng(3)
    samples = [f"s{i}" for i in range(6)]
    made = {}
    for name, rate, change in (("regions", 200, 2.0), ("bins", 40, 1.0)):
        mean = rng.gamma(20, rate / 20, size=(400, 1)).repeat(6, axis=1)
        mean[:200, 3:] *= change
        table = pd.DataFrame(rng.poisson(mean), columns=samples)
        place = pd.DataFrame({"chrom": "chr1", "start": np.arange(400) * 10_000})
        place["end"] = place["start"] + 10_000
        made[name] = folder / f"{name}.tsv"
        pd.concat([place, table], axis=1).to_csv(made[name], sep="\t", index=False)
    sheet = folder / "sheet.csv"
    rows = [f"{s},H3K27me3,{'good' if i < 3 else 'poor'},1000000" for i, s in enumerate(samples)]
    sheet.write_text("SampleID,Factor,Condition,LibrarySize\n" + "\n".join(rows) + "\n")
    return sheet, made["regions"], made["bins"]


def test_a_notebook_gets_the_numbers_of_diff(tmp_path: Path) -> None:
    sheet, regions, bins = with_bins(tmp_path)
    out = tmp_path / "results.tsv"
    given = ["--samples", str(sheet), "--background", str(bins), "-o", str(out)]
    assert main(["diff", str(regions), *given]) == 0
    rows = rx.read_sheet(sheet)
    counts, other = (rx.read_counts(path, sheet=rows) for path in (regions, bins))
    inputs = rx.normalization_inputs(counts, rows, bins=other)
    own = rx.analyse(counts, rows, inputs=inputs).results
    for column in ("baseMean", "log2FoldChange", "lfcSE", "pvalue", "padj", "svalue"):
        np.testing.assert_allclose(own[column], read_results(out)[column], rtol=1e-8)
    without = rx.analyse(counts, rows).results
    assert not np.allclose(own["log2FoldChange"], without["log2FoldChange"], atol=0.1)


def test_background_counts_normalise_and_what_is_missing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet, regions, bins = with_bins(tmp_path)
    out = tmp_path / "results.tsv"
    common = ["diff", str(regions), "--samples", str(sheet), "-o", str(out)]
    assert main([*common, "--background", str(bins)]) == 0
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


def spiked(folder: Path, per_group: int = 3) -> tuple[Path, Path]:
    """Counts of which 30 of 200 rise, and a sheet whose spike-in says that all rise sixfold."""
    rng = np.random.default_rng(6)
    n = 2 * per_group
    mean = rng.gamma(3, 60, size=(200, 1)) * np.ones(n)
    mean[:30, per_group:] *= 4
    table = pd.DataFrame({"chrom": "chr1", "start": np.arange(200) * 1000})
    table["end"] = table["start"] + 500
    samples = [f"s{i}" for i in range(n)]
    table[samples] = rng.poisson(mean)
    table.to_csv(folder / "c.tsv", sep="\t", index=False)
    spike = [6000] * per_group + [1000] * per_group
    rows = pd.DataFrame({"SampleID": samples, "Factor": "H3K27ac"})
    rows["Condition"] = ["good"] * per_group + ["poor"] * per_group
    rows["SpikeInReads"] = spike + rng.integers(-50, 50, n)
    rows["LibrarySize"] = 10_000_000
    rows.to_csv(folder / "s.csv", index=False)
    return folder / "c.tsv", folder / "s.csv"


@pytest.mark.parametrize("normalize", ["tmm", "reads_in_regions", "library_size", "rle", "loess"])
def test_spike_in_that_disagrees_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], normalize: str
) -> None:
    counts, sheet = spiked(tmp_path)
    command = ["diff", str(counts), "--samples", str(sheet), "-o", str(tmp_path / "r.tsv")]
    assert main([*command, "--normalize", normalize]) == 0
    error = capsys.readouterr().err
    assert "spike_in disagree between the groups by a factor of" in error
    assert f"hold only if the assumption of {normalize} does" in error
    table = read_results(tmp_path / "r.tsv")
    assert "spike_in disagree" in table.attrs["header"]["warnings"][0]
    sure = table["high_confidence"].astype(str) == "True"
    assert sure[:30].mean() > 0.9
    assert sure[30:].mean() < 0.05


def test_one_library_a_group_and_a_spike_in_that_disagrees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, sheet = spiked(tmp_path, per_group=1)
    command = ["diff", str(counts), "--samples", str(sheet), "-o", str(tmp_path / "r.tsv")]
    assert main([*command, "--normalize", "tmm", "--fold-changes-only"]) == 0
    assert "no replicates tell its noise" in capsys.readouterr().err
    assert read_results(tmp_path / "r.tsv")["high_confidence"].isna().all()


def test_a_spike_in_of_one_odd_tube_does_not_lead_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, sheet = spiked(tmp_path)
    command = ["diff", str(counts), "--samples", str(sheet), "-o", str(tmp_path / "r.tsv")]
    assert main(command) == 0
    header = read_results(tmp_path / "r.tsv").attrs["header"]
    assert header["normalization"].startswith("spike_in: ")
    assert header["spike-in"].startswith("the spike-in passes its checks")
    rows = pd.read_csv(sheet)
    rows.loc[4, "SpikeInReads"] *= 2
    rows.to_csv(sheet, index=False)
    capsys.readouterr()
    assert main(command) == 0
    assert "WARNING" in (said := capsys.readouterr().err) or "warning" in said
    assert "normalisation tmm_rounds: the spike-in fails its checks: " in said
    table = read_results(tmp_path / "r.tsv")
    header = table.attrs["header"]
    assert header["normalization"].startswith("tmm_rounds: ")
    assert "(chosen: the spike-in fails its checks: " in header["normalization"]
    assert header["facts"]["spike in checks"]["passes"] is False
    assert "high_confidence" not in table  # it is no reference either
    assert main([*command, "--normalize", "spike_in"]) == 0
    assert "asked for, although the spike-in fails its checks" in capsys.readouterr().err
    header = read_results(tmp_path / "r.tsv").attrs["header"]
    assert header["normalization"].startswith("spike_in: ")
    assert "asked for, although the spike-in fails" in header["normalization"]


def test_known_directions_are_held_against_each_normalisation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, sheet = spiked(tmp_path)
    known = tmp_path / "known.tsv"
    places = [f"chr1\t{i * 1000}\t{i * 1000 + 9}\tgain\n" for i in range(10)]
    places += [f"chr1\t{i * 1000}\t{i * 1000 + 9}\tnone\n" for i in range(50, 150)]
    known.write_text("chrom\tstart\tend\tdirection\n" + "".join(places))
    command = ["diff", str(counts), "--samples", str(sheet), "-o", str(tmp_path / "r.tsv")]
    assert main([*command, "--known", str(known)]) == 0
    text = read_results(tmp_path / "r.tsv").attrs["header"]["agreement"]
    # Spike-in says that all regions rise, which the regions that are known not to deny.
    assert (
        "known directions (110 of 110 in known.tsv found): 10 of 110 right under spike_in" in text
    )
    assert "of 110 right under tmm_rounds" in text
    known.write_text("symbol\tdirection\nTP53\tup\n")
    capsys.readouterr()
    assert main([*command, "--known", str(known)]) == 1
    assert "line 2: this is no direction; expected gain, loss or none" in capsys.readouterr().err


def test_without_spike_in_and_bins_nothing_stands_beside(tmp_path: Path) -> None:
    counts, sheet = spiked(tmp_path)
    rows = pd.read_csv(sheet).drop(columns="SpikeInReads")
    rows.to_csv(sheet, index=False)
    command = ["diff", str(counts), "--samples", str(sheet), "-o", str(tmp_path / "r.tsv")]
    assert main([*command, "--normalize", "tmm"]) == 0
    table = read_results(tmp_path / "r.tsv")
    assert "high_confidence" not in table
    assert "agreement" not in table.attrs["header"]
