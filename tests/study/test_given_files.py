"""A wrong file that is needed at the end of a run stops it before anything is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.errors import ResistEpiError
from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from tests.support.cohort import SmallCohort, make_cohort
from tests.support.outside_cohort import write_outside_cohort

WRONG = {
    "--sites": ("X={}", "chr1\tone\ttwo\n", "start"),
    "--contacts": ("{}", "chr1\t0\t900\n", "BEDPE"),
    "--partition": ("{}", "chr1\t0\t900\tearly\t0\t9000\n", "strand"),
    "--known": ("{}", "symbol\nGENE1\n", "direction"),
}


@pytest.mark.parametrize("option", WRONG)
def test_a_file_that_cannot_be_read_stops_a_run_before_it_counts(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named, text, said = WRONG[option]
    cohort = make_cohort(tmp_path)
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(text)
    out = tmp_path / "out"
    command = ["run", str(cohort.sheet), "-o", str(out), "--genes", str(cohort.genes)]
    assert main([*command, option, named.format(wrong)]) == 1
    error = capsys.readouterr().err
    assert "wrong.txt" in error
    assert said in error
    assert not out.exists()


def test_an_outside_cohort_with_its_files_exchanged_stops_it_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = make_cohort(tmp_path)
    levels, clinical = tmp_path / "levels.tsv", tmp_path / "clinical.csv"
    levels.write_text("gene\tX1\tX2\nGENE1\t1\t2\n")
    clinical.write_text("patient,time,event\nX1,3,1\nX2,4,0\n")
    out = tmp_path / "out"
    command = ["run", str(cohort.sheet), "-o", str(out), "--genes", str(cohort.genes)]
    assert main([*command, "--survival", str(clinical), str(levels)]) == 1
    assert "levels.tsv: no column for the patient" in capsys.readouterr().err
    assert not out.exists()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    return make_cohort(tmp_path_factory.mktemp("cohort"), per_group=2)


LEVELS = "gene\tP0\tP1\tP2\tP3\n"


@pytest.mark.parametrize(
    ("setting", "text", "said"),
    [
        ("partition", "chr1\t100\t5000\n", "has no class"),
        ("contacts", ".\t-1\t-1\tchr1\t1\t2\n", "no contact has two known anchors"),
        ("sites", "# nothing\n", "holds no intervals; expected BED of the peak set FOXA1"),
        ("sites", "scaffold_9\t1\t5\n", "scaffold_9"),
        ("survival_clinical", "patient,time\nX1,3\n", "no column for the event"),
        ("expression", "gene\tother\nGENE1\t1\n", "neither effects, nor levels"),
        ("expression", "gene\tlogFC\nGENE1\t1\nGENE2\tx\n", "line 3"),
        ("proteomics", "gene\tlogFC\nABC\t1\n", "no gene of the protein"),
        ("methylation", LEVELS + "GENE1\t1\t2\t3\tnone at all\n", "column P3"),
        ("known", "symbol\tdirection\nNOBODY\tgain\n", "none of the 1 known directions"),
        ("gene_sets", "SET\tmine\tNOBODY\tNOONE\n", "no gene of the 1 gene sets"),
    ],
)
def test_nothing_is_counted_before(
    cohort: SmallCohort, tmp_path: Path, setting: str, text: str, said: str
) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(text)
    more: dict[str, object] = {setting: {"FOXA1": wrong} if setting == "sites" else wrong}
    if setting == "survival_clinical":
        more["survival_expression"] = write_outside_cohort(tmp_path, 0.0)[0]
    settings = StudySettings.model_validate(
        {"sheet": cohort.sheet, "genes": cohort.genes, "gene_sets": cohort.gene_sets, **more}
    )
    with pytest.raises(ResistEpiError, match=said):
        run_study(settings, tmp_path / "out", report=False)
    assert not (tmp_path / "out" / "counts").exists()


def test_check_lists_what_run_would_refuse_and_says_what_the_others_are(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {
        "sites.bed": "chr1\t1\t5000\n",
        "elsewhere.bed": "scaffold_9\t1\t5\n",
        "contacts.bedpe": "chr1\t1\t9\tchr1\t2000\t2009\n",
        "states.bed": "chr1\t0\t9000\tearly\nchr2\t0\t90\tlate\n",
        "known.tsv": "symbol\tdirection\nGENE1\tgain\nNOBODY\tloss\n",
        "foreign.tsv": "symbol\tdirection\nNOBODY\tgain\n",
        "levels.tsv": LEVELS + "GENE1\t1\t2\t3\t4\nGENE2\t2\t1\t4\t3\n",
        "proteins.tsv": "gene\tlogFC\nABC\t1\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    expression, clinical = write_outside_cohort(tmp_path, 0.0)
    command = ["check", str(cohort.sheet), "--genes", str(cohort.genes)]
    good = [
        *("--sites", f"FOXA1={tmp_path / 'sites.bed'}", "--known", tmp_path / "known.tsv"),
        *("--contacts", tmp_path / "contacts.bedpe", "--partition", tmp_path / "states.bed"),
        *("--expression", tmp_path / "levels.tsv", "--gene-sets", cohort.gene_sets),
        *("--survival", expression, clinical, "--worse", "poor"),
    ]
    assert main([*command, *map(str, good)]) == 0
    said = capsys.readouterr().out
    for words in (
        "info\t--sites sites.bed\t1 intervals of the peak set FOXA1",
        "info\t--contacts contacts.bedpe\t1 contacts",
        "info\t--partition states.bed\t2 parts of 2 classes",
        "info\t--known known.tsv\t2 known directions, 1 of genes that are not here",
        "info\t--gene-sets sets.gmt\t3 gene sets",
        "info\t--expression levels.tsv\t2 genes, levels of 4 patients",
        "150 patients",
    ):
        assert words in said
    wrong = [
        *("--sites", f"FOXA1={tmp_path / 'elsewhere.bed'}", "--known", tmp_path / "foreign.tsv"),
        *("--contacts", tmp_path / "none.bedpe", "--partition", tmp_path / "sites.bed"),
        *("--proteomics", tmp_path / "proteins.tsv"),
        *("--survival", expression, clinical, "--worse", "bad"),
    ]
    assert main([*command, *map(str, wrong)]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("error")]
    found = {line.split("\t")[1].split(" ")[0]: line for line in lines}
    assert set(found) == {
        *("--sites", "--known", "--contacts", "--partition", "--proteomics", "--survival"),
    }
    assert "no such file" in found["--contacts"]
    assert "the group of worse outcome is 'bad'" in found["--survival"]
