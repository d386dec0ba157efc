"""How far our tests agree with DESeq2 and edgeR as DiffBind calls them, on one matrix of counts.

    python validation/concordance_diffbind.py FOLDER            print what it says
    python validation/concordance_diffbind.py FOLDER --write    and write the page

docs/evidence/concordance.md is the page. FOLDER holds `chr18_consensus_counts.tsv.gz` and
`samples.tsv`: the tamoxifen counts that come with DiffBind, reads of 11 ER libraries in 2,845
consensus sites. Needs Rscript with DESeq2 and edgeR (`concordance_diffbind.R`); takes a minute.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.regions import make_regions
from resist_epi.model.analysis import analyse
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet, make_sheet

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "concordance.md"
CONTRAST = "Condition:Resistant-Responsive"
FORMULAS = {"one": "~ Condition", "two": "~ Tissue + Condition"}
LEVEL = 0.05
TOP = 200  # sites of the lowest P

# Name -> method and normalisation, None for what the program takes by itself.
OURS: dict[str, tuple[str | None, str | None]] = {
    "`ql`, depth of libraries": ("ql", "library_size"),
    "`trend`, depth of libraries": ("trend", "library_size"),
    "by default": (None, None),
}
THEIRS = ("DESeq2", "edgeR")


def read_counts(folder: Path) -> tuple[CountMatrix, SampleSheet]:
    """The sites' reads, a column a library, and the sheet with each library's depth."""
    table = pd.read_csv(folder / "chr18_consensus_counts.tsv.gz", sep="\t")
    sheet = pd.read_csv(folder / "samples.tsv", sep="\t").astype(object)
    sheet = sheet.rename(columns={"library_reads": "LibrarySize"})
    names = tuple(map(str, sheet["SampleID"]))
    places = table[["chrom", "start", "end"]].assign(region_id=table.index.astype(str))
    regions = make_regions(places, kind="peaks")
    values = table[list(names)].to_numpy(np.float64)[regions["region_id"].astype(int)]
    depths = sheet["LibrarySize"].to_numpy(np.float64)
    return CountMatrix(values, regions, names, "reads", depths), make_sheet(sheet)


def ask_r(matrix: CountMatrix, sheet: SampleSheet) -> tuple[dict[str, pd.DataFrame], str]:
    """`METHOD.FORMULA` -> R's results a row, and the versions that gave them."""
    script = Path(__file__).with_suffix(".R")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = pd.DataFrame(matrix.values.astype(np.int64), columns=list(matrix.samples))
        counts.to_csv(folder / "counts.tsv", sep="\t", index=False)
        samples = sheet.table[["Condition", "Tissue", "LibrarySize"]]
        samples = samples.rename(columns={"LibrarySize": "library_reads"})
        samples.to_csv(folder / "samples.tsv", sep="\t", index=False)
        words = [
            "Rscript",
            str(script),
            *(f"{folder}/{n}.tsv" for n in ("counts", "samples")),
            name,
        ]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        found = {
            f"{method}.{key}": pd.read_csv(folder / f"{method}.{key}.tsv", sep="\t")
            for method in THEIRS
            for key in FORMULAS
        }
    return found, " ".join(said.split())


def ask_ours(matrix: CountMatrix, sheet: SampleSheet) -> dict[str, pd.DataFrame]:
    """`NAME.FORMULA` -> our results a row; the header says what was taken by default."""
    found = {}
    for name, (method, normalize) in OURS.items():
        for key, formula in FORMULAS.items():
            question = Question(formula, CONTRAST, method=method, normalize=normalize)
            if method is not None:  # the same model as R's, and nothing besides
                question = replace(question, hidden="none", weights="none")
            analysis = analyse(matrix, sheet, question)
            table = analysis.results
            table.attrs = {"method": analysis.question.method, "by": analysis.question.normalize}
            found[f"{name}.{key}"] = table
    return found


def compare(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, float]:
    """Two tests of the same regions: calls, calls of one sign, rank correlations, top regions."""
    padj = [t["padj"].fillna(1).to_numpy() for t in (ours, theirs)]
    change = [t["log2FoldChange"].to_numpy() for t in (ours, theirs)]
    p = [t["pvalue"].to_numpy() for t in (ours, theirs)]
    called = [q <= LEVEL for q in padj]
    both = np.isfinite(p[0]) & np.isfinite(p[1])
    signed = [
        np.sign(c[both]) * -np.log10(np.maximum(q[both], 1e-300))
        for c, q in zip(change, p, strict=True)
    ]
    first = [set(np.argsort(np.where(both, q, 2), kind="stable")[:TOP]) for q in p]
    together = called[0] & called[1]
    return {
        "ours": int(called[0].sum()),
        "theirs": int(called[1].sum()),
        "both": int(together.sum()),
        "opposite": int((together & (np.sign(change[0]) != np.sign(change[1]))).sum()),
        "change": _spearman(change[0][both], change[1][both]),
        "signed": _spearman(*signed),
        "top": len(first[0] & first[1]) / TOP,
    }


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    return float(pd.Series(one).corr(pd.Series(other), method="spearman"))


def page(
    ours: Mapping[str, pd.DataFrame], theirs: Mapping[str, pd.DataFrame], versions: str
) -> str:
    """The page, whole."""
    lines = [HEAD.format(versions=versions, level=LEVEL, top=TOP), ""]
    for key, formula in FORMULAS.items():
        lines += [f"## `{formula}`", "", COLUMNS, "|---|---|---|---|---|---|---|---|---|"]
        for name in OURS:
            for method in THEIRS:
                row = compare(ours[f"{name}.{key}"], theirs[f"{method}.{key}"])
                lines.append(_row(_called(name, ours[f"{name}.{key}"]), method, row))
        row = compare(theirs[f"edgeR.{key}"], theirs[f"DESeq2.{key}"])
        lines += [_row("edgeR, for comparison", "DESeq2", row), ""]
    return "\n".join(lines)


def _called(name: str, table: pd.DataFrame) -> str:
    taken = f": `{table.attrs['method']}`, `{table.attrs['by']}`" if name == "by default" else ""
    return f"{name}{taken}"


def _row(name: str, other: str, row: Mapping[str, float]) -> str:
    counts = [f"{row[k]:,.0f}" for k in ("ours", "theirs", "both", "opposite")]
    shares = [f"{row[k]:.3f}" for k in ("change", "signed")]
    return f"| {' | '.join([name, other, *counts, *shares])} | {row['top']:.0%} |"


COLUMNS = (
    "| ours | against | called | called by the other | by both | in opposite directions"
    " | rank correlation of log2 fold changes | of signed P | of the first {top} |"
).replace("{top}", str(TOP))

HEAD = """# Concordance with DESeq2 and edgeR as DiffBind calls them

The counts that come with DiffBind: reads of 11 ER libraries of breast-cancer lines in 2,845
consensus sites of chr18, tamoxifen-resistant against responsive (Ross-Innes et al., Nature 2012).
R is called as DiffBind 3 calls it by default for a design: depths of whole libraries as size
factors; DESeq2 with a local fit of dispersions and Wald's test; edgeR with trended, then tagwise
dispersions and the quasi-likelihood F test. Neither subtracts inputs here (DiffBind does, where
no greylist is given), and shrinkage of fold changes, which leaves P as they are, is left out.
Adjusted P at most {level}.

With the same counts, design and normalisation, what remains is the test. By default the program
takes test and normalisation itself; the row says which. `signed P` is the sign of the change
times -log10 P; the last column is the share of the {top} sites of lowest P that both have.

What it says:

- Our `ql` is edgeR's quasi-likelihood test; dispersions are moderated a little otherwise, and a
  few calls differ.
- DESeq2's Wald test takes a site's dispersion as known, the F test of `ql` and edgeR as
  estimated; where groups hold unlike lines (`~ Condition`) they part, although fold changes and
  ranks are the same. How often each is right where nothing changes stands in
  [calibration.md](calibration.md).
- The normalisation matters as much as the test. DiffBind's depths keep a global change of
  binding, and take efficiency for one; `tmm_rounds` takes either away. Here are no bins for
  `background`, which `run` would take ([methods.md](../method/methods.md#normalisation)).

{versions}. Written by `python validation/concordance_diffbind.py FOLDER --write`.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    matrix, sheet = read_counts(options.folder)
    theirs, versions = ask_r(matrix, sheet)
    text = page(ask_ours(matrix, sheet), theirs, versions)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
