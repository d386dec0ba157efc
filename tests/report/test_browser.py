"""The report in a real browser: it is used, logs no error, and asks for nothing elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resist_epi.report.page import render
from tests.support.browser import Page, open_browser
from tests.support.report_tables import CALLED, NASTY, results, run_of, unit_values


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
SCATTER = f"{VOLCANO}.scatter"


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
            const box = {VOLCANO}.getBoundingClientRect(), [x, y] = {SCATTER}.place({row});
            return [box.left + x, box.top + y];
        }})()"""
    )
    return x, y


def hover(page: Page, row: int, condition: str) -> None:
    """Point at a row in the volcano until a condition holds; a page that settles moves it."""
    for _ in range(100):
        x, y = place_of(page, row)
        for place in (x - 3, x):
            page.send("Input.dispatchMouseEvent", type="mouseMoved", x=place, y=y)
        if page.run(f"Boolean({condition})"):
            return
        time.sleep(0.05)
    raise AssertionError(f"never true: {condition}; {page.problems}")


def click_on(page: Page, row: int, condition: str) -> None:
    """Click on a row in the volcano until a condition holds; a page that settles moves it."""
    for _ in range(20):
        page.click(*place_of(page, row))
        for _ in range(10):
            if page.run(f"Boolean({condition})"):
                return
            time.sleep(0.05)
    raise AssertionError(f"never true: {condition}; {page.problems}")


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
    selected = f"{EXPLORER}.querySelector('tr[aria-selected=true]')"
    click_on(report, 3, f"{selected}?.cells[0].textContent === 'GENE3'")
    assert report.run(f"{selected}.cells[0].textContent") == "GENE3"
    assert report.run(f"{EXPLORER}.querySelector('.search').value") == ""
    assert report.run(f"{SCATTER}.selected") == 3
    box = f"{EXPLORER}.querySelector('.window').getBoundingClientRect()"
    row = f"{selected}.getBoundingClientRect()"
    assert report.run(f"{row}.top >= {box}.top && {row}.bottom <= {box}.bottom")


def test_a_row_is_marked_in_the_plots_and_keys_move_it(report: Page) -> None:
    report.run(f"{ROWS}[0].click()")
    first, second = report.run(NAMES)[:2]
    chosen = f"{SCATTER}.table.symbol[{SCATTER}.selected]"
    assert report.run(chosen) == first
    report.run(f"{EXPLORER}.querySelector('.window').focus()")
    report.press("ArrowDown")
    report.wait_for(f"{chosen} === '{second}'")


SWARM = f"{EXPLORER}.querySelector('.swarm')"
WORDS = f"{EXPLORER}.querySelector('.swarm-words').textContent"


def test_a_click_shows_the_value_of_every_unit(report: Page) -> None:
    best = report.run(NAMES)[0]
    report.wait_for(f"{WORDS}.startsWith('{best}: median')")  # before anything was clicked
    report.run(f"{VOLCANO}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    click_on(report, 3, f"{WORDS}.startsWith('GENE3:')")
    table = results(2000)
    kept = unit_values(table.iloc[:1000]).table.filter(like="value_").iloc[3].to_numpy()
    logs = np.log2(kept + 0.05 * table["baseMean"].median())
    drawn = report.run(f"{SWARM}.swarm.values")
    np.testing.assert_allclose(drawn, logs, atol=0.0051)
    good, poor = (f"{np.median(part):.2f}".replace("-", "−") for part in (drawn[:6], drawn[6:]))
    said = f"GENE3: median {good} in good (n = 6), {poor} in poor (n = 6)."
    assert report.run(WORDS) == said
    assert report.run(f"{SWARM}.getAttribute('aria-label')") == said
    points = np.array(report.run(f"{SWARM}.swarm.points"))
    apart = np.hypot(*(points[:, None] - points[None]).T) + 99 * np.eye(12)
    assert apart.min() > 7.9  # beside one another, none hidden
    assert (
        np.argsort(points[:, 1], kind="stable") == np.argsort(-np.array(drawn), kind="stable")
    ).all()


def test_the_swarm_follows_the_keyboard_and_says_what_it_has_not(report: Page) -> None:
    report.run(f"{EXPLORER}.querySelector('.window').focus()")
    report.press("ArrowDown")
    report.wait_for(f"{WORDS}.startsWith({NAMES}[0] + ': median')")
    report.press("ArrowDown")
    report.wait_for(f"{WORDS}.startsWith({NAMES}[1] + ': median')")
    search(report, "GENE1234")
    report.run(f"{ROWS}[0].click()")
    assert "not in this page" in report.run(WORDS)


def test_a_unit_is_named_under_the_mouse(report: Page) -> None:
    report.run(f"{SWARM}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    report.wait_for(f"{SWARM}.swarm.points.length === 12")
    tip = f"{SWARM}.querySelector('.tip')"
    said = ""
    for i in range(100):  # while the page settles, points move away from under the mouse
        x, y = report.run(
            f"(b => (p => [b.left + p[0], b.top + p[1]])({SWARM}.swarm.points[7]))"
            f"({SWARM}.getBoundingClientRect())"
        )
        # A mouse that stays where it is may tell nothing.
        report.send("Input.dispatchMouseEvent", type="mouseMoved", x=x + i % 2, y=y)
        said = report.run(f"{tip}.hidden ? '' : {tip}.textContent")
        if said.startswith("P7 (poor): "):
            break
        time.sleep(0.05)
    assert said.startswith("P7 (poor): ")


def test_a_gene_of_the_first_screen_leads_to_its_row(report: Page) -> None:
    link = "document.querySelectorAll('table.loci a.gene')[2]"
    gene = report.run(f"{link}.textContent")
    report.run(f"{link}.click()")
    report.wait_for(f"{WORDS}.startsWith('{gene}:')")
    selected = f"{EXPLORER}.querySelector('tr[aria-selected=true]')"
    assert report.run(f"{selected}.cells[0].textContent") == gene
    assert report.run(f"document.activeElement === {EXPLORER}.querySelector('.window')")


def test_a_drag_zooms_and_a_double_click_goes_back(report: Page) -> None:
    drawn = f"{SCATTER}.drawn().length"
    report.run(f"{VOLCANO}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    assert report.run(drawn) == results(2000)["pvalue"].notna().sum()
    box = report.run(f"(b => [b.left, b.top])({VOLCANO}.getBoundingClientRect())")
    ends = report.run(
        f"(s => [[s.px(-0.2), s.py(0.5)], [s.px(0.2), s.py(0)]])({SCATTER})",
    )
    (x0, y0), (x1, y1) = ([box[0] + x, box[1] + y] for x, y in ends)
    mouse = {"button": "left", "clickCount": 1}
    report.send("Input.dispatchMouseEvent", type="mousePressed", x=x0, y=y0, **mouse)
    report.send("Input.dispatchMouseEvent", type="mouseMoved", x=x1, y=y1, **mouse)
    report.send("Input.dispatchMouseEvent", type="mouseReleased", x=x1, y=y1, **mouse)
    inside = results(2000).query("abs(log2FoldChange) < 0.2 and pvalue > 10 ** -0.5")
    assert abs(report.run(drawn) - len(inside)) < 0.1 * len(inside)
    report.run(f"{VOLCANO}.querySelector('canvas').dispatchEvent(new Event('dblclick'))")
    assert report.run(drawn) == results(2000)["pvalue"].notna().sum()


def test_a_dangerous_name_is_text(report: Page) -> None:
    search(report, "</script>")
    assert report.run(NAMES) == [NASTY]
    report.run(f"{VOLCANO}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    tip = f"{VOLCANO}.querySelector('.tip')"
    hover(report, 7, f"!{tip}.hidden && {tip}.textContent.includes('GENE</b>')")
    assert NASTY in report.run(f"{tip}.textContent")


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
    columns = lines[1].split("\t")
    assert {"region_id", "log2FoldChange", "ci_low", "ci_high", "padj", "high_confidence"} <= {
        *columns
    }
    table = results(2000)
    gained = table[table["direction"] == "gain"]
    assert {line.split("\t")[4] for line in lines[2:]} == set(gained["region_id"])
    first = dict(zip(columns, lines[2].split("\t"), strict=True))
    row = table.set_index("region_id").loc[first["region_id"]]
    assert abs(float(first["ci_low"]) - row["ci_low"]) < 0.01


def test_high_confidence_is_a_column_and_a_filter(report: Page) -> None:
    report.run(
        f"{EXPLORER}.querySelector('.which').value = 'sure';"
        f" {EXPLORER}.querySelector('.which').dispatchEvent(new Event('change'));"
    )
    assert report.run(SHOWN) == f"{CALLED // 2} of 2,000 regions"
    assert set(report.run(f"{ROWS}.map(r => r.cells[10].textContent)")) == {"yes"}


def test_other_kinds_open_on_demand(report: Page) -> None:
    genes = "document.querySelector('#mark0-genes .explorer')"
    assert not report.run(f"{genes}.dataset.opened")
    report.run("document.querySelector('#mark0-genes > summary').click()")
    report.wait_for(f"{genes}.dataset.ready")
    assert report.run("document.getElementById('mark0-genes').open")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_a_window(report: Page, width: int) -> None:
    size = {"height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    report.send("Emulation.setDeviceMetricsOverride", width=width, **size)
    report.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    wide = report.run("document.documentElement.scrollWidth")
    report.send("Emulation.clearDeviceMetricsOverride")
    assert wide <= width


def test_it_prints(report: Page) -> None:
    report.send("Emulation.setEmulatedMedia", media="print")
    hidden = report.run(f"getComputedStyle({EXPLORER}.querySelector('.window')).display")
    static = report.run("getComputedStyle(document.querySelector('.static')).display")
    report.send("Emulation.setEmulatedMedia", media="")
    assert (hidden, static) == ("none", "block")


# Text whose contrast with what lies behind it is below that of the guidelines (WCAG 2.2, AA).
FAINT = """(() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const c = rgb(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, style = getComputedStyle(node);
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility()) continue;
    if (["SCRIPT", "STYLE", "OPTION"].includes(node.tagName)) continue;
    const [a, b] = [light(rgb(style.color)), light(behind(node))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24;
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) {
      found.add(`${node.tagName}.${node.className}: ${node.textContent.slice(0, 30)}`);
    }
  }
  return [...found];
})()"""

# Controls without a name, images without a text, what scrolls and cannot be reached, and the like.
NAMELESS = """(() => {
  const found = [], all = (what) => [...document.querySelectorAll(what)];
  const named = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")
    || e.labels?.length || e.textContent.trim();
  for (const e of all("a[href], button, input, select, summary, [role=region], [role=img], nav"))
    if (!named(e)) found.push(`no name: ${e.outerHTML.slice(0, 80)}`);
  for (const e of all("img")) if (!e.alt) found.push("image without text");
  for (const e of all("table"))
    for (const th of e.querySelectorAll("th"))
      if (!th.scope) found.push(`th without scope: ${th.textContent}`);
  for (const e of all("*")) {
    const style = getComputedStyle(e);
    const scrolls = /auto|scroll/.test(style.overflowX) && e.scrollWidth > e.clientWidth + 1;
    const inner = e.querySelector("a[href], button, input, select, [tabindex]");
    if (scrolls && e.tabIndex < 0 && !inner) found.push(`scrolls, no focus: ${e.className}`);
  }
  const ids = all("[id]").map((e) => e.id);
  for (const id of ids) if (ids.filter((x) => x === id).length > 1) found.push(`twice: ${id}`);
  const levels = all("h1, h2, h3, h4").map((h) => Number(h.tagName[1]));
  levels.forEach((v, i) => { if (i && v > levels[i - 1] + 1) found.push(`h${v} too deep`); });
  if (all("main").length !== 1) found.push("not one main");
  if (!document.documentElement.lang) found.push("no language");
  const usable = "a[href], button, input, select, textarea, summary, [tabindex]";
  for (const e of all(`${usable.replace(", [tabindex]", "")}, [role=img]`))
    if (e.querySelector(usable)) found.push(`one control in another: ${e.outerHTML.slice(0, 80)}`);
  for (const e of all("[tabindex]"))
    if (e.tabIndex > 0) found.push(`out of the order of the page: ${e.outerHTML.slice(0, 80)}`);
  for (const e of all("[aria-labelledby], [aria-describedby]"))
    for (const id of (e.getAttribute("aria-labelledby")
                      || e.getAttribute("aria-describedby")).split(" "))
      if (!document.getElementById(id)) found.push(`named by nothing: ${id}`);
  for (const e of all('a[href^="#"]'))
    if (!document.getElementById(e.hash.slice(1))) found.push(`leads nowhere: ${e.hash}`);
  for (const e of all("[aria-hidden=true]"))
    if (e.querySelector(usable)) found.push(`hidden, but can have the focus: ${e.className}`);
  for (const e of all("p a[href], li a[href], td a[href], th a[href]"))
    if (!e.closest("nav") && !/underline/.test(getComputedStyle(e).textDecorationLine))
      found.push(`told from text by colour alone: ${e.textContent}`);
  const parts = all("[role=region][aria-label], section[aria-labelledby], nav[aria-label]")
    .map((e) => e.getAttribute("aria-label")
      || document.getElementById(e.getAttribute("aria-labelledby")).textContent);
  for (const name of parts)
    if (parts.filter((x) => x === name).length > 1) found.push(`two parts: ${name}`);
  const roles = ["region", "img", "note", "row", "status", "group"];
  for (const e of all("[role]"))
    if (!roles.includes(e.getAttribute("role"))) found.push(`role ${e.getAttribute("role")}`);
  const viewport = document.querySelector("meta[name=viewport]");
  if (/user-scalable=no|maximum-scale/.test(viewport.content)) found.push("cannot be enlarged");
  for (const e of all("h1, h2, h3, h4, th, summary, caption"))
    if (!e.textContent.trim()) found.push(`empty ${e.tagName}`);
  if (all("h1").length !== 1) found.push("not one h1");
  if (!document.title) found.push("no title");
  for (const e of all("ul > *, ol > *")) if (e.tagName !== "LI") found.push("list without items");
  return found;
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(report: Page, scheme: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    report.send("Emulation.setEmulatedMedia", media="", features=[feature])
    report.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    faint, nameless = report.run(FAINT), report.run(NAMELESS)
    paper = report.run("getComputedStyle(document.body).backgroundColor")
    report.send("Emulation.setEmulatedMedia", media="", features=[])
    assert faint == []
    assert nameless == []
    assert (paper == "rgb(255, 255, 255)") is (scheme == "light")


AXE = os.environ.get("RESIST_EPI_AXE", "")  # where axe.min.js of axe-core is, if it is here


@pytest.mark.skipif(not AXE, reason="needs axe-core: set RESIST_EPI_AXE to its axe.min.js")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(report: Page, scheme: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    report.send("Emulation.setEmulatedMedia", media="", features=[feature])
    report.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    report.run(f"{Path(AXE).read_text(encoding='utf-8')}; 0")
    found = report.run(
        "axe.run().then(r => r.violations.map(v => `${v.impact} ${v.id}: ${v.nodes[0].html}`))"
    )
    report.send("Emulation.setEmulatedMedia", media="", features=[])
    assert found == []


def test_a_word_is_explained_to_the_keyboard(report: Page) -> None:
    report.run("document.querySelector('dfn').focus()")
    shown = report.run("getComputedStyle(document.activeElement, '::after').content")
    assert report.run("document.activeElement.title") in shown
