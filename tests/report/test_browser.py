"""The report in a real browser: it is used, logs no error, and asks for nothing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.report.gather import MarkTables, RunTables, Sheet
from resist_epi.report.page import render
from resist_epi.samples.presets import preset
from resist_epi.samples.question import Question
from resist_epi.schema import CHECK, RESULTS, SHRUNKEN, names
from resist_epi.study.provenance import Provenance
from tests.support.browser import Page, open_browser

NASTY = "</script><b>GENE</b>&amp;"
HEADER = {
    "contrast": "poor minus good; positive = more mark in poor; informed by 6 poor + 6 good units",
    "units": "each of the 12 libraries is a unit of its own (Patient)",
    "method": "trend: linear model of log2 signal",
    "normalization": "library_size: assumes that totals are equal",
    "quantity": "mean_signal (mean coverage per base); library sizes from the sheet's LibrarySize",
    "fdr": "0.05 (direction is gain or loss where padj is at most this)",
    "question": Question(contrast="Condition:poor-good", method="trend").as_values(),
    "facts": {
        "contrast": {
            "name": "Condition:poor-good",
            "column": "Condition",
            "kind": "difference",
            "first": "poor",
            "second": "good",
            "units": [6, 6],
        },
        "units": {"n": 12, "patients": True},
        "quantity": {"name": "mean_signal", "relative": False},
        "normalization": {"name": "library_size", "assumption": "totals are equal", "because": ""},
        "method": {"name": "trend", "summary": "linear model", "because": "", "options": {}},
        "filter": {"kept": 1995, "of": 2000, "rule": "any signal in at least 6 units"},
    },
}


def results(n: int) -> pd.DataFrame:
    """Regions with undefined values, called ones, and a gene with a dangerous name."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=n)
    called = np.arange(n) < 20
    change = np.where(called, np.where(np.arange(n) % 2, -3.0, 3.0) + 0.1 * z, 0.4 * z)
    p = np.where(called, 10.0 ** -(12 + np.arange(n) / 10), rng.uniform(0.01, 1, size=n))
    p[-5:] = np.nan
    start = np.arange(n) * 1000
    symbols = [f"GENE{i}" for i in range(n)]
    symbols[7] = NASTY
    return pd.DataFrame(
        {
            "chrom": np.where(np.arange(n) < n // 2, "chr1", "chr2"),
            "start": start,
            "end": start + 500,
            "strand": "+",
            "region_id": [f"r{i}" for i in range(n)],
            "gene_id": [f"ID{i}" for i in range(n)],
            "symbol": symbols,
            "baseMean": rng.gamma(2, 5, size=n),
            "log2FoldChange": change,
            "lfcSE": 0.3,
            "ci_low": change - 0.6,
            "ci_high": change + 0.6,
            "stat": change / 0.3,
            "df": 10.0,
            "pvalue": p,
            "padj": np.minimum(p * 10, 1.0),
            "direction": np.select([called & (change > 0), called], ["gain", "loss"], "none"),
        }
    )


def run_of(n: int) -> RunTables:
    sheet = Sheet(results(n), HEADER)
    other = Sheet(results(50), HEADER)
    mark = MarkTables(
        "H3K27me3",
        "H3K27me3",
        preset("H3K27me3"),
        {"promoters": sheet, "genes": other},
        *[None] * 7,
    )
    quality = pd.DataFrame(
        {"sample": ["T1"], "mark": "H3K27me3", "condition": "good", "library_size": 1e6}
    ).assign(library_size_from="sheet", n_peaks=np.nan, fraction_in_peaks=np.nan)
    quality = quality.assign(fraction_in_promoters=0.1, fraction_zero=0.0)
    record = vars(Provenance(parameters={"design": "~ Condition"}))
    return RunTables((mark,), quality, pd.DataFrame(columns=names(CHECK)), record)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def report(browser: Page, tmp_path: Path) -> Iterator[Page]:
    """The page of 2,000 regions, opened; after the test, nothing must have gone wrong in it."""
    path = tmp_path / "report.html"
    path.write_text(render(run_of(2000)), encoding="utf-8")
    browser.problems.clear()
    browser.requests.clear()
    browser.open(path)
    browser.run(f"{EXPLORER}.scrollIntoView()")
    browser.wait_for(f"{EXPLORER}.dataset.ready")
    yield browser
    assert browser.problems == []
    elsewhere = [r for r in browser.requests if not r.startswith(("data:", "blob:"))]
    assert elsewhere == [path.resolve().as_uri()]


EXPLORER = "document.querySelector('#mark0-promoters .explorer')"
ROWS = f"[...{EXPLORER}.querySelectorAll('tr.row')]"
NAMES = f"{ROWS}.map(r => r.cells[0].textContent)"
SHOWN = f"{EXPLORER}.querySelector('.shown').textContent"
VOLCANO = "document.getElementById('mark0-promoters-volcano')"


def search(page: Page, text: str) -> None:
    page.run(f"{EXPLORER}.querySelector('.search').select()")
    page.run(f"{EXPLORER}.querySelector('.search').focus()")
    page.type(text)


def sort_by(page: Page, heading: str) -> None:
    page.run(
        f"[...{EXPLORER}.querySelectorAll('th button')]"
        f".find(b => b.textContent === '{heading}').click()"
    )


def place_of(page: Page, row: int) -> tuple[float, float]:
    """Where the volcano draws a row, in the window."""
    x, y = page.run(
        f"""(() => {{
            const plot = {VOLCANO}, {{ xaxis, yaxis }} = plot._fullLayout;
            const trace = plot.data.find(t => t.customdata && t.customdata.includes({row}));
            const at = trace.customdata.indexOf({row});
            const box = plot.getBoundingClientRect();
            return [box.left + xaxis._offset + xaxis.l2p(trace.x[at]),
                    box.top + yaxis._offset + yaxis.l2p(trace.y[at])];
        }})()"""
    )
    return x, y


def test_a_gene_is_found(report: Page) -> None:
    assert report.run(SHOWN) == "2,000 of 2,000 regions"
    search(report, "gene1234")
    assert report.run(NAMES) == ["GENE1234"]
    assert report.run(SHOWN) == "1 of 2,000 regions"
    search(report, "ID1999")
    assert report.run(NAMES) == ["GENE1999"]
    search(report, "chr1:5,001-6,200")
    assert report.run(f"{NAMES}.sort()") == ["GENE5", "GENE6"]
    search(report, "no such gene")
    assert report.run(NAMES) == []
    assert "No region matches" in report.run(f"{EXPLORER}.querySelector('.window').textContent")


def test_the_table_is_sorted_and_undefined_values_stand_last(report: Page) -> None:
    table = results(2000)
    best = table.sort_values("pvalue", kind="stable")["symbol"]
    assert report.run(NAMES)[:3] == best.iloc[:3].tolist()
    sort_by(report, "log2 FC")
    first = table.sort_values("log2FoldChange", ascending=False)["symbol"].iloc[0]
    assert report.run(NAMES)[0] == first
    assert report.run(f"{EXPLORER}.querySelector('[aria-sort]').textContent") == "log2 FC"
    sort_by(report, "P")
    sort_by(report, "P")
    assert report.run(NAMES)[0] == table.sort_values("pvalue", ascending=False)["symbol"].iloc[0]
    report.run(f"{EXPLORER}.querySelector('.window').scrollTop = 1e7")
    report.wait_for(f"{ROWS}.at(-1).cells[5].textContent === '–'")
    sort_by(report, "Gene")
    assert report.run(NAMES)[1:3] == ["GENE0", "GENE1"]


def test_only_the_rows_in_sight_exist(report: Page) -> None:
    assert report.run(f"{ROWS}.length") < 60
    before = report.run(NAMES)[0]
    report.run(f"{EXPLORER}.querySelector('.window').scrollTop = 20000")
    report.wait_for(f"{NAMES}[0] !== '{before}'")
    assert report.run(f"{ROWS}.length") < 60


def test_a_point_leads_to_its_row(report: Page) -> None:
    search(report, "GENE1999")
    report.run(f"{VOLCANO}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    report.click(*place_of(report, 3))
    selected = f"{EXPLORER}.querySelector('tr[aria-selected=true]')"
    report.wait_for(selected)
    assert report.run(f"{selected}.cells[0].textContent") == "GENE3"
    assert report.run(f"{EXPLORER}.querySelector('.search').value") == ""
    assert report.run(f"{VOLCANO}.data.at(-1).text[0]") == "GENE3"
    box = f"{EXPLORER}.querySelector('.window').getBoundingClientRect()"
    row = f"{selected}.getBoundingClientRect()"
    assert report.run(f"{row}.top >= {box}.top && {row}.bottom <= {box}.bottom")


def test_a_row_is_marked_in_the_plots_and_keys_move_it(report: Page) -> None:
    report.run(f"{ROWS}[0].click()")
    first, second = report.run(NAMES)[:2]
    assert report.run(f"{VOLCANO}.data.at(-1).text[0]") == first
    report.run(f"{EXPLORER}.querySelector('.window').focus()")
    report.press("ArrowDown")
    report.wait_for(f"{VOLCANO}.data.at(-1).text[0] === '{second}'")


def test_a_zoom_keeps_its_range_and_shows_more_points(report: Page) -> None:
    drawn = f"{VOLCANO}.data[0].customdata.length"
    before = report.run(drawn)
    assert before < 1975  # some lie on one another
    ranges = "{'xaxis.range': [-0.2, 0.2], 'yaxis.range': [0, 0.5]}"
    report.run(f"Plotly.relayout({VOLCANO}, {ranges}).then(() => null)")
    report.wait_for(f"{drawn} !== {before}")
    assert report.run(f"{VOLCANO}.layout.xaxis.range") == [-0.2, 0.2]
    inside = results(2000).query("abs(log2FoldChange) < 0.2 and pvalue > 10 ** -0.5")
    here = report.run(
        f"{VOLCANO}.data[0].x.filter((x, i) => Math.abs(x) < 0.2 && {VOLCANO}.data[0].y[i] < 0.5)"
        ".length"
    )
    assert here > 0.95 * len(inside)


def test_a_dangerous_name_is_text(report: Page) -> None:
    search(report, "</script>")
    assert report.run(NAMES) == [NASTY]
    report.run(f"{VOLCANO}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    x, y = place_of(report, 7)
    report.send("Input.dispatchMouseEvent", type="mouseMoved", x=x - 3, y=y)
    report.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    report.wait_for(f"{VOLCANO}.querySelector('.hovertext')")
    assert NASTY in report.run(f"{VOLCANO}.querySelector('.hovertext').textContent")


def test_rows_can_be_taken_away_as_tsv(report: Page) -> None:
    report.run(
        "window.made = []; const make = URL.createObjectURL;"
        " URL.createObjectURL = blob => { made.push(blob); return make.call(URL, blob); };"
        " HTMLAnchorElement.prototype.click = function () { window.named = this.download; };"
    )
    report.run(
        f"{EXPLORER}.querySelector('.which').value = 'gain';"
        f" {EXPLORER}.querySelector('.which').dispatchEvent(new Event('change'));"
        f" {EXPLORER}.querySelector('.download').click()"
    )
    lines = report.run("made[0].text()").rstrip("\n").split("\n")
    assert report.run("named") == "H3K27me3.promoters.selection.tsv"
    assert lines[1].split("\t") == [*names(RESULTS), *names(SHRUNKEN)]
    table = results(2000)
    gained = table[table["direction"] == "gain"]
    assert {line.split("\t")[4] for line in lines[2:]} == set(gained["region_id"])


def test_other_kinds_open_on_demand(report: Page) -> None:
    genes = "document.querySelector('#mark0-genes .explorer')"
    assert not report.run(f"{genes}.dataset.opened")
    report.run("document.querySelector('a.card[href=\"#mark0-genes\"]').click()")
    report.wait_for(f"{genes}.dataset.ready")
    assert report.run("document.getElementById('mark0-genes').open")


def test_the_page_fits_a_window_of_1280(report: Page) -> None:
    assert report.run("document.documentElement.scrollWidth <= innerWidth")


def test_it_prints(report: Page) -> None:
    report.send("Emulation.setEmulatedMedia", media="print")
    hidden = report.run(f"getComputedStyle({EXPLORER}.querySelector('.window')).display")
    static = report.run("getComputedStyle(document.querySelector('.static')).display")
    report.send("Emulation.setEmulatedMedia", media="")
    assert (hidden, static) == ("none", "block")
