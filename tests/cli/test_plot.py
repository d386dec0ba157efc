"""`plot` and its script: tables in, pictures out, one clear error."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.cli.plot import READERS, command
from resist_epi.counting.profile_files import write_profile_matrix
from resist_epi.io.tables import write_table
from resist_epi.plots import PLOTS, Plot
from resist_epi.samples.facts import library_facts
from tests.support import simulated
from tests.support.cohort import SmallCohort
from tests.support.peak_sheets import write_peak_sheet

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "plot_heatmap.py"


@pytest.fixture(scope="module")
def tables(cohort: SmallCohort, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Kind -> arguments of a figure of it."""
    folder = tmp_path_factory.mktemp("tables")
    genes = ["--genes", str(cohort.genes)]
    bins = folder / "bins.bed"
    bins.write_text("".join(f"chr1\t{i}\t{i + 500}\n" for i in range(0, 100_000, 500)))
    for name, regions in (("promoters", "promoters"), ("bins", str(bins))):
        count = ["count", str(cohort.sheet), "--mark", "H3K27me3", *genes, "--regions", regions]
        assert main([*count, "-o", str(folder / f"{name}.parquet")]) == 0
    promoters = str(folder / "promoters.parquet")
    results = str(folder / "r.tsv")
    assert main(["diff", promoters, "-o", results, "--normalize", "tmm"]) == 0
    sheet = simulated.sheet(4)
    components = simulated.pca(sheet)
    write_table(folder / "pca.tsv", components, header={"share of variance": [0.5, 0.25, 0.125]})
    write_table(folder / "cor.tsv", simulated.correlation(sheet).reset_index())
    write_table(folder / "sheet.tsv", sheet)
    write_profile_matrix(folder / "m.gz", simulated.profile(sheet, 60), group="direction")
    samples = ["--samples", str(folder / "sheet.tsv")]
    write_table(folder / "mechanisms.tsv", simulated.mechanisms())
    write_table(folder / "H3K27me3.tsv", simulated.normalization_factors())
    write_table(folder / "switches.tsv", simulated.switches())
    write_table(folder / "power.tsv", simulated.power())
    peaks = write_peak_sheet(folder / "peaks")
    occupancy = ["occupancy", str(peaks), "--genes", str(folder / "peaks" / "genes.tsv")]
    overlaps, classes = str(folder / "o.tsv"), str(folder / "c.tsv")
    occupancy += ["--group-overlaps", overlaps, "--classes", classes]
    assert main([*occupancy, "-o", str(folder / "occupancy.tsv")]) == 0
    write_table(folder / "by_mark.tsv", pd.DataFrame({
        "contrast": ["poor-good"], "mark": ["ER"], "kind": ["peaks"], "in_runs": ["both"],
        "kept": [9], "gained": [1], "lost": [2], "turned": [0],
    }))  # fmt: skip
    seg = "ID\tchrom\tstart\tend\tn_bins\tlog2\nT1\tchr1\t1\t900\t9\t0.4\n"
    (folder / "cn.seg").write_text(seg)
    first = pd.read_csv(cohort.gene_sets, sep="\t", header=None, usecols=[0]).iloc[0, 0]
    return {
        "ma": [results, "--label", "3"],
        "volcano": [results, "--label", "GENE3,GENE4"],
        "pvalue": [results],
        "pca": [str(folder / "pca.tsv"), *samples],
        "correlation": [str(folder / "cor.tsv"), *samples],
        "heatmap": [str(folder / "m.gz"), *samples, "--by", "Condition"],
        "profile": [str(folder / "m.gz"), *samples],
        "locus": [str(folder / "bins.parquet"), "--gene", "GENE3", *genes, "--results", results],
        "gene-set": [promoters, "--gene-sets", str(cohort.gene_sets), "--set", str(first)],
        "running-score": [
            results,
            "--gene-sets",
            str(cohort.gene_sets),
            "--set",
            str(first),
        ],
        "swarm": [promoters, "--gene", "GENE3", "--results", results],
        "compare": [str(folder / "by_mark.tsv")],
        "switch": [str(folder / "switches.tsv"), "--label", "2"],
        "mechanisms": [str(folder / "mechanisms.tsv")],
        "normalization": [str(folder / "H3K27me3.tsv"), "--results", results],
        "genome": [results],
        "copy-number": [str(folder / "cn.seg")],
        "hidden": [results],
        "power": [str(folder / "power.tsv")],
        "upset": [overlaps, "--samples", str(peaks), "--by", "Condition"],
        "venn": [overlaps],
        "annotation": [classes],
    }


@pytest.mark.parametrize("kind", PLOTS)
def test_every_kind_makes_a_picture(
    kind: str, tables: dict[str, list[str]], tmp_path: Path
) -> None:
    out = tmp_path / "f.svg"
    assert main(["plot", kind, *tables[kind], "-o", str(out), "--title", "What it is"]) == 0
    text = out.read_text(encoding="utf-8")
    assert "What it is" in text
    expected = {"volcano": "GENE4", "pca": "PC1 (50% of variance)", "locus": "GENE3"}
    assert expected.get(kind, "") in text


def test_a_wrong_suffix_is_said_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", "ma", str(tmp_path / "no.tsv"), "-o", str(tmp_path / "f.jpeg")]) == 1
    assert "ends in .png, .svg, .pdf" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pie"], "none of"),
        (["ma", "--gene", "NSD2"], "means nothing to ma"),
        (["pca", "--set", "X"], "--set"),
    ],
)
def test_wrong_usage_is_code_2(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, *options = arguments
    out = ["-o", str(tmp_path / "f.png")]
    assert main(["plot", kind, str(tmp_path / "t.tsv"), *options, *out]) == 2
    assert message in capsys.readouterr().err


def test_a_set_that_is_not_there_names_those_that_are(
    tables: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*tables["gene-set"][:-1], "NO_SUCH_SET"]
    assert main(["plot", "gene-set", *arguments, "-o", str(tmp_path / "f.png")]) == 2
    assert tables["gene-set"][-1] in capsys.readouterr().err


@pytest.mark.skipif(not SCRIPT.is_file(), reason="no scripts beside the tests")
def test_the_script_draws_tracks_over_regions(cohort: SmallCohort, tmp_path: Path) -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) < 40
    bed = tmp_path / "r.bed"
    bed.write_text("chr1\t50000\t52000\nchr1\t90000\t91000\n")
    tracks = sorted(cohort.sheet.parent.rglob("*.bw"))[:3]
    out = tmp_path / "h.png"
    command = [sys.executable, SCRIPT, bed, "--good", *tracks[:2], "--poor", tracks[2], "-o", out]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_registered_kind_is_drawn_from_the_command_line(
    tables: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One record: what it reads and which options it understands are fields of it."""
    monkeypatch.setitem(PLOTS, "toy", Plot("scatter", "plot_volcano", "results", ("label",)))
    out = tmp_path / "f.svg"
    assert main(["plot", "toy", tables["volcano"][0], "--label", "GENE4", "-o", str(out)]) == 0
    assert "GENE4" in out.read_text(encoding="utf-8")
    assert main(["plot", "toy", tables["volcano"][0], "--gene", "X", "-o", str(out)]) == 2
    assert "means nothing to toy" in capsys.readouterr().err


@pytest.mark.parametrize("kind", PLOTS)
def test_every_record_names_a_reader_and_options_that_there_are(kind: str) -> None:
    assert PLOTS[kind].reads in READERS
    assert set(PLOTS[kind].options) <= set(inspect.signature(command).parameters) | {"set"}


def test_the_assembly_of_the_sheet_says_where_a_gene_lies(tmp_path: Path) -> None:
    starts = range(4_300_000, 4_340_000, 1000)
    rows = "".join(f"chr12\t{i}\t{i + 1000}\t{1 + i % 7}\t{2 + i % 11}\n" for i in starts)
    (tmp_path / "bins.tsv").write_text("chrom\tstart\tend\ta\tb\n" + rows)
    sheet = tmp_path / "s.csv"
    sheet.write_text("SampleID,Factor,Condition,Assembly\na,ER,x,hg38\nb,ER,y,hg38\n")
    out = tmp_path / "f.png"
    command = ["plot", "locus", str(tmp_path / "bins.tsv"), "--samples", str(sheet)]
    assert main([*command, "--gene", "TIGAR", "-o", str(out)]) == 0
    assert out.is_file()


def test_a_gene_that_is_nearly_right_is_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bins.tsv").write_text("chrom\tstart\tend\ta\nchr12\t0\t9\t1\n")
    (tmp_path / "s.csv").write_text("SampleID,Factor,Condition\na,ER,x\n")
    command = ["plot", "locus", str(tmp_path / "bins.tsv"), "--samples", str(tmp_path / "s.csv")]
    options = ["--gene", "tigar", "--genome", "hg38", "-o", str(tmp_path / "f.png")]
    assert main([*command, *options]) == 1
    assert "Did you mean 'TIGAR' for 'tigar'?" in capsys.readouterr().err


def test_a_heatmap_takes_clusters_marks_limits_and_names(
    tables: dict[str, list[str]], tmp_path: Path
) -> None:
    matrix, *samples = tables["heatmap"]
    out = tmp_path / "f.svg"
    options = [
        "--kmeans",
        "3",
        "--sort",
        "change",
        "--cmap",
        "viridis",
        "--beside",
        f"K36={matrix}",
    ]
    options += ["--limits", "m=0,3", "--limits", "K36=0,5", "--mark", "m"]
    assert main(["plot", "heatmap", matrix, *samples, *options, "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    for expected in ("cluster 3", "K36", "good"):
        assert expected in text
    profile = ["plot", "profile", matrix, "--hierarchical", "2", "-o", str(out)]
    assert main(profile) == 0
    assert "cluster 2" in out.read_text(encoding="utf-8")


def test_limits_that_are_no_numbers_are_a_wrong_use(
    tables: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["plot", "heatmap", tables["heatmap"][0], "-o", str(tmp_path / "f.png")]
    assert main([*command, "--limits", "a,b"]) == 2
    assert "LOW,HIGH" in capsys.readouterr().err


@pytest.mark.parametrize("grouped", ["each", "mean", "overlay"])
def test_a_locus_is_drawn_from_the_tracks_of_a_sheet(
    grouped: str, cohort: SmallCohort, tables: dict[str, list[str]], tmp_path: Path
) -> None:
    out = tmp_path / "f.svg"
    command = ["plot", "locus", str(cohort.sheet), "--mark", "H3K27me3", "--gene", "GENE3"]
    command += ["--genes", str(cohort.genes), "--results", tables["volcano"][0]]
    assert main([*command, "--grouped", grouped, "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "GENE3" in text
    assert "peaks" in text
    assert {"each": "T0_H3K27me3", "mean": "poor (n = 4)", "overlay": "overlay"}[grouped] in text


def test_a_locus_says_what_its_values_are(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "f.svg"
    command = ["plot", "locus", str(cohort.sheet), "--mark", "H3K27me3", "-o", str(out)]
    command += ["--region", "chr1:30,000-40,000"]
    assert main([*command, "--jobs", "2"]) == 0
    assert "signal per base at equal total coverage" in out.read_text(encoding="utf-8")
    assert main([*command, "--unscaled"]) == 0
    text = out.read_text(encoding="utf-8")
    assert "signal per base" in text
    assert "equal total" not in text
    capsys.readouterr()


def test_counts_are_not_scaled_once_more(
    tables: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["plot", *("locus", *tables["locus"]), "-o", str(tmp_path / "f.png"), "--unscaled"]
    assert main(command) == 2
    assert "is for a sheet" in " ".join(capsys.readouterr().err.split())


def test_a_figure_of_results_names_mark_contrast_and_n(
    tables: dict[str, list[str]], tmp_path: Path
) -> None:
    out = tmp_path / "f.svg"
    assert main(["plot", "volcano", tables["volcano"][0], "-o", str(out)]) == 0
    assert "H3K27me3: poor minus good (4 + 4 units)" in out.read_text(encoding="utf-8")


def test_figures_of_samples_and_matrices_name_mark_and_n(
    cohort: SmallCohort, tmp_path: Path
) -> None:
    """Files of a run say what they are of; a title that is given wins."""
    matrix = tmp_path / "m.gz"
    about = ["--mark", "H3K27me3", "--genes", str(cohort.genes), "--regions", "promoters"]
    assert main(["profile", str(cohort.sheet), *about, "-o", str(matrix)]) == 0
    facts = library_facts(["H3K27me3"], ["good"] * 4 + ["poor"] * 4)
    components = pd.DataFrame({"sample": ["a", "b"], "PC1": [1.0, -1.0], "PC2": [0.5, 0.0]})
    write_table(tmp_path / "pca.tsv", components, header={"facts": facts})
    said = "H3K27me3: 8 libraries (4 good, 4 poor)"
    out = tmp_path / "f.svg"
    for kind, path in (("heatmap", matrix), ("profile", matrix), ("pca", tmp_path / "pca.tsv")):
        assert main(["plot", kind, str(path), "-o", str(out)]) == 0
        assert said in out.read_text(encoding="utf-8")
        assert main(["plot", kind, str(path), "--title", "Mine", "-o", str(out)]) == 0
        assert said not in out.read_text(encoding="utf-8")
