"""Signal along regions, from a sheet to the matrix file and its figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.profile_files import read_profile_matrix
from resist_epi.io.tables import write_table
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.profile_sheet import Window, profile_groups, profile_sheet
from tests.support.cohort import SmallCohort, make_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    return make_cohort(tmp_path_factory.mktemp("cohort"), per_group=2)


def profile(cohort: SmallCohort, output: Path, *more: str) -> int:
    command = ["--quiet", "profile", str(cohort.sheet), "--mark", "H3K27me3", "-o", str(output)]
    return main([*command, "--genes", str(cohort.genes), *more])


def test_groups_labels_and_samples(cohort: SmallCohort, tmp_path: Path) -> None:
    bed = tmp_path / "sites.bed.gz"
    write_table(tmp_path / "x.tsv", pd.DataFrame({"a": [1]}))
    pd.DataFrame([("chr1", 5000, 5100, "a", 0, "-"), ("chr2", 9000, 9100, "b", 0, "+")]).to_csv(
        bed, sep="\t", header=False, index=False
    )
    out = tmp_path / "m.gz"
    assert profile(cohort, out, "--regions", "promoters", "--regions", str(bed)) == 0
    found = read_profile_matrix(out)
    rows = read_sheet(cohort.sheet).for_mark("H3K27me3")
    assert found.samples == rows.samples
    assert found.regions["group"].value_counts().to_dict() == {"promoters": 90, "sites": 2}
    assert (found.before, found.after, found.bin_size, found.body) == (3000, 3000, 50, 0)
    named = tmp_path / "n.gz"
    more = ["--regions", "promoters", "--regions", str(bed), "--labels", "starts, others"]
    assert profile(cohort, named, *more, "--jobs", "3", "--point", "center") == 0
    again = read_profile_matrix(named)
    assert list(dict.fromkeys(again.regions["group"])) == ["starts", "others"]
    for sample in found.samples:
        assert again.values[sample].shape == found.values[sample].shape
    assert profile(cohort, named, *more[:-1], "one") == 1


def test_any_number_of_jobs_gives_the_same(cohort: SmallCohort) -> None:
    rows = read_sheet(cohort.sheet).for_mark("H3K36me3")
    regions = profile_groups(rows, ["genes"], genes=cohort.genes)
    window = Window(before=500, after=500, body=1000)
    one, two = (profile_sheet(rows, regions, window, jobs=jobs) for jobs in (1, 2))
    assert one.reference == "TSS,TES"
    for sample in rows.samples:
        assert one.values[sample].tobytes() == two.values[sample].tobytes()


def test_rows_run_from_the_tss(cohort: SmallCohort, tmp_path: Path) -> None:
    genes = pd.read_csv(cohort.genes, sep="\t")
    minus = tmp_path / "minus.tsv"
    genes.assign(strand="-").to_csv(minus, sep="\t", index=False)
    rows = read_sheet(cohort.sheet).for_mark("H3K27me3")
    window = Window(point="TSS", before=200, after=1000, bin_size=100)
    plus = profile_sheet(rows, profile_groups(rows, ["genes"], genes=cohort.genes), window)
    turned = profile_sheet(
        rows,
        profile_groups(rows, ["genes"], genes=minus),
        Window(point="TES", before=1000, after=200, bin_size=100),
    )
    for sample in rows.samples:
        np.testing.assert_allclose(plus.values[sample], turned.values[sample][:, ::-1])


def test_results_are_grouped_by_direction(cohort: SmallCohort, tmp_path: Path) -> None:
    names = ["chrom", "start", "end", "strand", "region_id", "log2FoldChange", "direction"]
    rows = [
        ("chr1", 100 * i, 100 * i + 50, ".", f"r{i}", 0.0, d)
        for i, d in enumerate(["gain", "none", "gain"])
    ]
    table = tmp_path / "results.tsv.gz"
    full = pd.DataFrame(rows, columns=names)
    for column in ("gene_id", "symbol"):
        full[column] = ""
    for column in ("baseMean", "lfcSE", "ci_low", "ci_high", "stat", "df", "pvalue", "padj"):
        full[column] = 1.0
    write_table(table, full)
    sheet = read_sheet(cohort.sheet).for_mark("H3K27me3")
    groups = profile_groups(sheet, [str(table)])
    assert groups["group"].tolist() == ["gain", "none", "gain"]


def test_a_region_without_tracks_and_a_wrong_window(cohort: SmallCohort, tmp_path: Path) -> None:
    bed = tmp_path / "r.bed"
    bed.write_text("chr1\t10\t20\nchr7\t10\t20\n")
    out = tmp_path / "m.gz"
    assert profile(cohort, out, "--regions", str(bed), "--before", "120") == 1
    assert not out.exists()
    assert profile(cohort, out, "--regions", str(bed), "--before", "100", "--after", "100") == 0
    found = read_profile_matrix(out)
    assert found.regions["chrom"].tolist() == ["chr1"]
    # The first 90 bp lie before the chromosome.
    assert np.isnan(found.values[found.samples[0]][0]).tolist() == [True, False, False, False]


@pytest.mark.slow
@pytest.mark.parametrize("body", [0, 1000])
def test_deeptools_draws_what_the_command_writes(
    cohort: SmallCohort, tmp_path: Path, body: int
) -> None:
    out = tmp_path / "m.gz"
    more = ["--regions", "genes", "--regions", "promoters", "--body", str(body)]
    assert profile(cohort, out, *more, "--jobs", "2") == 0
    for tool in ("plotHeatmap", "plotProfile"):
        figure = tmp_path / f"{tool}.png"
        command = [str(Path(sys.executable).with_name(tool)), "-m", str(out), "-o", str(figure)]
        subprocess.run(command, check=True, capture_output=True)
        assert figure.stat().st_size > 5000
    for kind in ("heatmap", "profile"):
        figure = tmp_path / f"{kind}.png"
        sheet = ["--samples", str(cohort.sheet), "--mark", "H3K27me3"]
        assert main(["--quiet", "plot", kind, str(out), "-o", str(figure), *sheet]) == 0
        assert figure.stat().st_size > 5000
