"""What each test calls on real counts where labels mean nothing.

    python validation/null_on_real_data.py COUNTS.tsv.gz -o null.tsv

COUNTS is a table `chrom start end` and columns `PERSON_MARK_REPLICATE.read_cnt`, such as the
H3K27ac counts of lymphoblastoid lines that come with MAnorm2. Persons with two replicates are split
so that either side has one replicate of each, in every way; persons differ, replicates do not.
"""

from __future__ import annotations

import argparse
import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.regions import make_regions
from resist_epi.io.tables import write_table
from resist_epi.model.differential import contrast_results, fit
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.sheet import make_sheet

METHODS = ("trend", "voom", "ql")
FORMULAS = ("~ Condition", "~ Person + Condition")
COLUMN = ".read_cnt"


def read_replicates(path: str | Path) -> tuple[CountMatrix, list[str]]:
    """Counts of the persons with two replicates, and the person of each column."""
    table = pd.read_csv(path, sep="\t")
    columns = [str(c) for c in table.columns if str(c).endswith(COLUMN)]
    persons = [c.split("_", maxsplit=1)[0] for c in columns]
    twice = [i for i, p in enumerate(persons) if persons.count(p) == 2]
    values = table[[columns[i] for i in twice]].to_numpy(np.float64)
    places = table[["chrom", "start", "end"]].assign(region_id=table.index.astype(str))
    regions = make_regions(places, kind="peaks")
    values = values[regions["region_id"].astype(int)]
    samples = tuple(columns[i].removesuffix(COLUMN) for i in twice)
    matrix = CountMatrix(values, regions, samples, "reads", values.sum(axis=0))
    return matrix, [persons[i] for i in twice]


def even_splits(persons: list[str]) -> list[list[str]]:
    """Conditions with one replicate of each person on either side; mirror images once."""
    pairs = [[i for i, p in enumerate(persons) if p == name] for name in dict.fromkeys(persons)]
    found = []
    for turned in itertools.product([0, 1], repeat=len(pairs) - 1):
        conditions = ["b"] * len(persons)
        for pair, k in zip(pairs, (0, *turned), strict=True):
            conditions[pair[k]] = "a"
        found.append(conditions)
    return found


def null_rates(matrix: CountMatrix, persons: list[str]) -> Iterator[dict[str, object]]:
    """Calls at 5 % FDR and type I error of every method, formula and split."""
    normalized = normalize(matrix, "tmm")
    tested, _ = regions_with_signal(normalized, min_units=len(persons) // 2)
    for number, conditions in enumerate(even_splits(persons), start=1):
        rows = pd.DataFrame({"SampleID": matrix.samples, "Condition": conditions})
        sheet = make_sheet(rows.assign(Factor="H3K27ac", Person=persons))
        for formula, method in itertools.product(FORMULAS, METHODS):
            design = make_design(sheet, formula)
            fitted = fit(normalized, design, method=method, tested=tested)
            results = contrast_results(fitted, make_contrast(design, "a-b"))
            p = results["pvalue"].dropna()
            yield {
                "split": number,
                "design": formula,
                "method": method,
                "regions": len(p),
                "calls": int((results["padj"] <= 0.05).sum()),
                "type1_05": float((p <= 0.05).mean()),
                "type1_001": float((p <= 0.001).mean()),
            }


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("counts", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    table = pd.DataFrame(null_rates(*read_replicates(chosen.counts)))
    write_table(chosen.output, table)
    print(table.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
