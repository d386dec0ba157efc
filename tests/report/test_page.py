"""The page as text: whole, escaped, and the same again."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from resist_epi.cli.main import main
from resist_epi.cli.report import command
from resist_epi.errors import InputFormatError
from resist_epi.io.tables import read_results, read_table, write_table
from resist_epi.report import figures
from resist_epi.report.gather import Sheet, gather
from resist_epi.report.page import render, write_report
from tests.support.outline import from_elsewhere, outline

NASTY = '</script><img src=x onerror="alert(1)">&'


@pytest.fixture(scope="module")
def page(study: Path) -> str:
    return (study / "report.html").read_text(encoding="utf-8")


def test_tags_ids_and_headings_are_in_order(page: str) -> None:
    found = outline(page)
    assert len(set(found.ids)) == len(found.ids)
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    steps = zip(found.headings, found.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)


def test_nothing_is_asked_from_elsewhere(page: str) -> None:
    assert from_elsewhere(page) == []
    targets = {a[1:] for a in outline(page).addresses if a.startswith("#")}
    assert targets <= set(outline(page).ids)
    assert "default-src 'none'" in page


def test_the_answer_comes_first_and_how_it_was_made_last(page: str) -> None:
    order = ("answer", "mark0", "mark1", "switches", "sets", "samples", "normalisation")
    order += ("warnings", "what", "methods", "glossary", "provenance")
    places = [page.index(f'<section id="{name}"') for name in order]
    assert places == sorted(places)
    first = page[places[0] : places[1]]
    assert "Where do H3K27me3 and H3K36me3 differ between poor and good?" in first
    assert "4 poor against 4 good patients, 16 libraries" in first
    assert "GENE3" in first  # planted
    assert "the sets given with <code>--gene-sets</code>" in first  # no gene of the cohort is human


# What stands in tables for programs, and words of the workshop.
NOT_FOR_READERS = re.compile(
    r"max_p|tmm_|padj|log2FoldChange|high_confidence|_pvalue|locus_padj|recovered_reads|mean_signal"
    r"|library_size|spike_in|first side|second side|with one sign|carries half|\bnan\b"
)


def visible(page: str) -> str:
    """What a reader sees, without names of files and settings, which are code."""
    words = re.sub(r"<(script|style|code|head).*?</\1>", " ", page, flags=re.S)
    words = re.sub(r"<section id=\"provenance.*?</section>", " ", words, flags=re.S)
    return re.sub(r"<[^>]*>", " ", words)


def test_it_speaks_to_people(page: str) -> None:
    assert NOT_FOR_READERS.findall(visible(page)) == []


def test_a_number_has_one_source(study: Path, page: str) -> None:
    run = gather(study)
    for mark in run.marks:
        for kind, sheet in mark.results.items():
            n = int(sheet.table["pvalue"].notna().sum())
            assert f" of {n:,} tested" in page
            words = {"promoters": "promoters", "domains": "domains"}.get(kind)
            if words:
                assert f"{mark.mark} {words}: {n:,} of {len(sheet.table):,}" in page


def test_what_holds_for_all_kinds_is_said_once(page: str) -> None:
    assert page.count("adaptive shrinkage (Stephens 2017)") <= 1


def test_switches_stand_in_a_run_of_two_opposing_marks(study: Path, page: str) -> None:
    assert '<section id="switches"' in page
    without = replace(gather(study), switches=None)
    assert '<section id="switches"' not in render(without)


def test_of_thousands_of_sets_those_of_the_smallest_p_are_shown(
    study: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(study, run)
    path = run / "gene_sets" / "H3K27me3.tsv"
    table = read_table(path)
    one = table[table["set"] == "GAINED"]
    many = [one.assign(set=f"SET{i:03d}", pvalue=(i + 1) / 1000) for i in range(250)]
    write_table(path, pd.concat(many), header=table.attrs["header"])
    text = render(gather(run))
    assert "50 more are in the table of the run" in text
    assert "SET199" in text
    assert "SET200" not in text


def test_wording(page: str) -> None:
    words = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.S)
    words = re.sub(r'(data-settings|src)="[^"]*"', "", words)
    assert "consistent with" in words
    assert "For research use only" in words
    assert not re.search(r"\bdriv(es|en|ing)\b", words)
    assert "more transcribed" in words


def test_the_same_tables_give_the_same_bytes(study: Path, tmp_path: Path, page: str) -> None:
    shutil.copytree(study, tmp_path / "elsewhere")
    again = write_report(tmp_path / "elsewhere", tmp_path / "again.html")[0]
    assert again.read_text(encoding="utf-8") == page
    for figure in (study / "figures").iterdir():
        copy = tmp_path / "elsewhere" / "figures" / figure.name
        assert copy.read_bytes() == figure.read_bytes()


def test_figures_are_shown_where_they_are(study: Path, page: str) -> None:
    names = {p.name for p in (study / "figures").iterdir()}
    assert {"H3K27me3.pca.png", "H3K27me3.pca.svg", "H3K36me3.genes.volcano.svg"} <= names
    assert page.count('<img src="data:image/webp;base64,') == 2 * 6 + 6
    assert "<img" not in render(gather(study)).partition("<script>")[0]


def test_text_from_files_is_escaped(study: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(study, run)
    _replace_everywhere(run, "GENE3", NASTY)
    _replace_everywhere(run, "T0_H3K27me3", NASTY)
    (run / "check.tsv").write_text(
        f"level\tsample\tcolumn\tpath\tmessage\nwarning\t{NASTY}\tPeaks\t\t{NASTY}\n"
    )
    text = render(gather(run))
    assert "<img src=x" not in text
    assert "&lt;/script&gt;&lt;img" in text
    outline(text)


def _replace_everywhere(run: Path, old: str, new: str) -> None:
    path = run / "differential" / "H3K27me3.promoters.tsv.gz"
    table = read_results(path)
    header = table.attrs["header"]
    write_table(path, table.replace({"symbol": {old: new}}), header=header)
    for name in ("qc.tsv", "quality/H3K27me3.correlation.tsv", "normalization/H3K27me3.tsv"):
        text = (run / name).read_text().replace(old, new)
        (run / name).write_text(text)


def test_a_run_without_a_test(study: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(study, run)
    for path in (run / "differential").glob("*.tsv.gz"):
        table = read_results(path)
        undefined = ["lfcSE", "ci_low", "ci_high", "stat", "df", "pvalue", "padj"]
        header = dict(table.attrs["header"])
        header["no test"] = "fold changes without P: one side has 1 unit"
        header["facts"] = {**header["facts"], "no test": "one side has 1 unit"}
        table[undefined] = float("nan")
        write_table(path, table.assign(direction="none"), header=header)
    text = write_report(run)[0].read_text(encoding="utf-8")
    assert "No test was possible" in text
    assert "-volcano" not in text
    written = re.sub(r"<(script|style).*?</\1>|<[^>]*>", "", text, flags=re.S)
    assert not re.search(r"\bnan\b", written, flags=re.I)


def test_a_run_with_little_in_it(study: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(study, run)
    for folder in ("gene_sets", "quality", "normalization", "figures"):
        shutil.rmtree(run / folder)
    quality = pd.read_csv(run / "qc.tsv", sep="\t", comment="#")
    quality[quality["mark"] == "H3K36me3"].to_csv(run / "qc.tsv", sep="\t", index=False)
    for path in (run / "differential").glob("*.tsv.gz"):
        table = read_results(path)
        few = table.iloc[: 0 if "peaks" in path.name else 1]
        write_table(path, few, header=table.attrs["header"])
    outline(write_report(run)[0].read_text(encoding="utf-8"))


@pytest.mark.usefixtures("few_figures")
def test_the_verb(study: Path, tmp_path: Path) -> None:
    run = shutil.copytree(study, tmp_path / "run")  # its figures are drawn anew
    command(run, tmp_path / "page.html")
    assert (tmp_path / "page.html").is_file()
    with pytest.raises(InputFormatError, match="not the folder of a finished run"):
        command(tmp_path, None)


def test_size_factors_are_counted_by_unit(page: str) -> None:
    assert "Size factors of 8 units under each normalisation" in page


def test_a_set_named_in_advance_is_tested_in_words_and_sets_without_a_p_say_so(study: Path) -> None:
    run = gather(study)
    mark = run.marks[0]
    variants = [("all genes", 4, 1.26, 1.6e-7, 5e-4), ("without chrX", 3, 1.25, 1.5e-7, 5e-4)]
    columns = ["variant", "n_tested", "effect", "fry_pvalue", "random_pvalue"]
    core = pd.DataFrame(variants, columns=columns)
    core = core.assign(n_random=2000, direction="gain", claim="yes")
    sets = mark.gene_sets.table.assign(pvalue=np.nan, padj=np.nan, direction="none")
    one_by_one = Sheet(mark.main.table.head(2), {})
    shown = replace(
        mark,
        pre_specified=Sheet(core, {}),
        one_by_one=one_by_one,
        gene_sets=Sheet(sets, mark.gene_sets.header),
    )
    page = render(replace(run, marks=(shown, *run.marks[1:])))
    assert "Without chrX: 3 tested, mean log2 fold change 1.25" in page
    assert "for every variant: a claim of gain holds." in page
    assert '<span class="dir none">no P</span>' in page
    refused = replace(shown, pre_specified=Sheet(core.assign(claim="no"), {}))
    assert "for every variant: no claim." in render(replace(run, marks=(refused, *run.marks[1:])))


def test_figures_are_the_same_bytes_whoever_draws_them(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_a_mark = figures._figures
    monkeypatch.setattr(figures, "_figures", lambda *mark: islice(of_a_mark(*mark), 1))
    run = gather(study)
    written = figures.draw_figures(run, tmp_path, jobs=2, formats=figures.WITH_PDF)
    stems = list(dict.fromkeys(path.stem for path in written))
    assert {f"{mark.name}.pca" for mark in run.marks} < set(stems)
    assert [p.name for p in written] == [f"{stem}.{f}" for stem in stems for f in figures.WITH_PDF]
    for path in written:
        if path.suffix == ".pdf":  # which a run leaves out
            assert path.read_bytes().startswith(b"%PDF")
            continue
        assert path.read_bytes() == (study / "figures" / path.name).read_bytes(), path.name
    with Image.open(tmp_path / f"{run.marks[0].name}.pca.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert "<text" in (tmp_path / f"{run.marks[0].name}.pca.svg").read_text(encoding="utf-8")


def test_the_verb_draws_pdf_where_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "resist_epi.report.page.write_report",
        lambda folder, out, formats: asked.append((folder, out, tuple(formats))),
    )
    assert main(["report", str(tmp_path)]) == 0
    assert main(["report", str(tmp_path), "--pdf"]) == 0
    assert asked == [
        (tmp_path, None, ("png", "svg")),
        (tmp_path, None, ("png", "svg", "pdf")),
    ]
