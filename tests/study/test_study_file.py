"""`study.yaml` is read as it was written; a received file costs no more than its size."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from resist_epi.errors import DesignError, InputFormatError
from resist_epi.study.settings import StudySettings
from resist_epi.study.study_file import read_study, write_study


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    settings = StudySettings(
        sheet=tmp_path / "cohort" / "s.csv",
        contrast=("a-b", "a-c"),
        sites={"FOXA1": tmp_path / "foxa1.bed"},
    )
    write_study(tmp_path / "study.yaml", settings)
    assert "sheet: cohort/s.csv" in (tmp_path / "study.yaml").read_text()
    assert read_study(tmp_path / "study.yaml") == settings


def test_factors_are_a_word_or_a_number(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    for said, meant in (("2", "2"), ("none", "none"), ("auto", "auto")):
        path.write_text(f"sheet: s.csv\nhidden: {said}\nweights: none\n")
        question = read_study(path).question
        assert (question.hidden, question.weights) == (meant, "none")
    path.write_text("sheet: s.csv\nhidden: few\n")
    with pytest.raises(DesignError, match="hidden: expected auto, none or a number"):
        _ = read_study(path).question


ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n"
    for old, new in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ALIASES, "line 1: not YAML .anchors and aliases"),
        ("sheet: *a\n", "anchors and aliases"),
        ("sheet: s.csv\n<<: {fdr: .1}\ndesign: &d x\n", "line 3: .*anchors and aliases"),
        ("sheet: " + "[" * 50_000, "nested too deep"),
        ("sheet: " + "x" * 300_000, "300007 characters are no settings"),
        ("sheet: s.csv\nfdr: " + "9" * 5000, "not YAML|fdr"),
        ("sheet: s.csv\nfdr: 2026-99-99\n", "not YAML"),
        ("sheet: !!python/object/apply:os.system ['touch PWNED']\n", "not YAML"),
        ("".join(f"k{i}: {'v' * 500}\n" for i in range(200)), "wrong settings: sheet"),
        ("sheet: s.csv\ndesign: [" + "a, " * 5000 + "a]\n", "design: .*found "),
        ("sheet: s.csv\nfdr: [\n", "line 3: not YAML"),
        ("sheet: s.csv\nfdr: yes\n", "fdr: .*a number, not yes or no"),
        ("sheet: s.csv\nhidden: on\njobs: true\n", "hidden: .*not yes or no.*jobs: "),
        (
            "sheet: s.csv\ncontrast: a-b\nfdr: .1\ncontrast: b-a\n",
            "line 4: .*contrast stands twice",
        ),
        ('sheet: "a\\0b.csv"\n', "sheet: .*no character 0"),
        ('sheet: s.csv\ncontrast: "a\\0-b"\n', "contrast: .*no character 0"),
        ("sheet: C:\\data\\s.csv\n", "looks like a path of Windows"),
        ("sheet: s.csv\nexclude: d:/black.bed\n", "looks like a path of Windows"),
        ("sheet: s.csv\ngenes: '\\\\server\\a.gtf'\n", "looks like a path of Windows"),
    ],
    ids=range(19),
)
def test_what_is_no_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yaml").write_text(text)
    began = time.process_time()
    with pytest.raises(InputFormatError, match=message) as caught:
        read_study(tmp_path / "study.yaml")
    assert time.process_time() - began < 5
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 6000
    assert not (tmp_path / "PWNED").exists()


def test_paths_of_a_record_are_seen_from_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.yaml").write_text("sheet: ../cohort/sheet.csv\n")
    records = []
    for here, there in ((tmp_path, "study"), (tmp_path / "elsewhere", "../study")):
        monkeypatch.chdir(here)
        settings = read_study(Path(there) / "study.yaml")
        records.append(settings.seen_from(Path(there).parent / "again")["sheet"])
    assert records == ["../cohort/sheet.csv"] * 2
    # What was given from the root stays, and the name of the built-in sets is no path.
    absolute = StudySettings(sheet=tmp_path / "s.csv", gene_sets="go").seen_from(Path("again"))
    assert (absolute["sheet"], absolute["gene_sets"]) == (str(tmp_path / "s.csv"), "go")
