"""Which mechanisms of resistance the marks speak for: one table, signs stated in advance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.genes.gene_sets import BESIDE, GeneSet
from resist_epi.genes.set_carriers import CARRIED_RULE
from resist_epi.genes.small_sets import SMALL_RULE
from resist_epi.io.header import Header
from resist_epi.mechanism.expectations import Mechanism
from resist_epi.mechanism.layers import ONE_WAY, Layer, MechanismOptions, layer_table
from resist_epi.mechanism.switch_sets import active_mark, switch_sets
from resist_epi.mechanism.therapies import NO_ADVICE, therapies_as_of
from resist_epi.mechanism.verdicts import VERDICTS, evidence, judge_beside
from resist_epi.samples.presets import find_preset
from resist_epi.schema import MECHANISMS, MECHANISMS_MORE, names


def mechanism_table(
    layers: Sequence[Layer],
    mechanisms: Sequence[Mechanism],
    gene_sets: Mapping[str, GeneSet],
    **options: Any,
) -> pd.DataFrame:
    """Hold every mechanism against every mark, the switches and the other assays.

    Each mark is tested as gene sets are (`enrichment.enrich`: one value a gene, one gene a locus);
    sets of fewer than 5 loci by fry and by their rank among matched random sets, the larger
    P of both, also without chrX (`pre_specified.pre_specified`); switches by the number of loci.
    A direction needs padj at the level, and an effect beyond that of 95 % of random sets matched on
    signal, length and CpG island; or more members called than in such sets, in either direction,
    and more that move than under exchanged labels: that is `mixed`, unless nine in ten go one way.
    Of fewer than 8 loci, two must be called that way, else nothing is claimed.
    What is not seen comes with what would have been; what is not tested, with the reason. Control
    sets ride along, outside of the adjustment.

    Parameters
    ----------
    layers
        Marks and assays, of one contrast.
    mechanisms
        With what is expected of each, stated in advance (`mechanism.builtin.load_mechanisms`).
    gene_sets
        Name -> set; those of kind `control` and `marker` are shown beside.
    **options
        Fields of `MechanismOptions`: `kinds`, `switches`, `covariates`, `symbols`, `fdr`, `test`,
        `n_random`, `seed`.

    Returns
    -------
    DataFrame
        Columns of `schema.MECHANISMS` and `MECHANISMS_MORE`: the layers of each mechanism in turn,
        then those of the controls; `attrs["header"]` says how it was made.

    References
    ----------
    Wu & Smyth (2012) Nucleic Acids Research 40:e133 (camera); Wu et al. (2010) Bioinformatics
    26:2176 (fry is its limit).
    """
    asked = MechanismOptions(**options)
    kinds = asked.kinds or {}
    wanted = {m.gene_set: gene_sets[m.gene_set] for m in mechanisms if m.gene_set in gene_sets}
    beside = {n: s for n, s in gene_sets.items() if kinds.get(n) in BESIDE and n not in wanted}
    sets = wanted | beside
    parts = [layer_table(layer, sets, asked) for layer in layers]
    if asked.switches is not None:
        parts.append(
            switch_sets(asked.switches, sets, kinds=kinds, symbols=asked.symbols, fdr=asked.fdr)
        )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["set", "kind"])
    active = None if asked.switches is None else active_mark(asked.switches)
    rows = _described(table, mechanisms, active or "")
    rows.attrs["header"] = Header(_header(asked, [layer.name for layer in layers]))
    return rows


def _described(table: pd.DataFrame, mechanisms: Sequence[Mechanism], active: str) -> pd.DataFrame:
    """Add what was expected and what it is called, in the order of the mechanisms."""
    rows: list[dict[Any, Any]] = []
    every = table.to_dict("records")
    of_set: dict[str, list[dict[Any, Any]]] = {}
    for row in every:
        of_set.setdefault(str(row["set"]), []).append(row)
    for mechanism in mechanisms:
        for row in of_set.get(mechanism.gene_set, []):
            expected = mechanism.expects(str(row["layer"]), active=active)
            seen = evidence(
                row["direction"], tested=not pd.isna(row["pvalue"]), n_loci=int(row["n_loci"])
            )
            warnings = [row["warnings"]]
            if row["direction"] != "none":
                warnings.append(mechanism.caveat)
            rows.append(
                row
                | {
                    "mechanism": mechanism.title,
                    "kind": "mechanism",
                    "expected": expected.words,
                    "verdict": expected.verdict(seen).word,
                    "warnings": "; ".join(filter(None, warnings)),
                    "context": mechanism.context,
                    "references": mechanism.references,
                }
            )
    for row in every:
        if row["kind"] not in BESIDE:
            continue
        rows.append(
            row
            | {
                "mechanism": str(row["set"]).replace("_", " ").capitalize(),
                "expected": "none" if row["kind"] == "control" else "not stated",
                "verdict": judge_beside(row["pvalue"], int(row["n_loci"])).word,
                "finding": "",
                "context": "",
                "references": "",
            }
        )
    made = pd.DataFrame(rows, columns=[*names(MECHANISMS), *names(MECHANISMS_MORE)])
    made = made.fillna(dict.fromkeys(["untested", "finding", "shared_genes"], ""))
    made["finding"] = _named_findings(made)
    return made


def _named_findings(made: pd.DataFrame) -> list[str]:
    """Titles in place of sets; of mechanisms of one set the one whose sign is seen names it."""
    order = {word: i for i, word in enumerate(VERDICTS)}
    own = made[made["kind"] == "mechanism"]
    best = own.iloc[np.argsort(own["verdict"].map(order), kind="stable")]
    title = best.drop_duplicates(["layer", "set"]).set_index(["layer", "set"])["mechanism"]
    pairs = zip(made["layer"], made["finding"], strict=True)
    return [str(title.get(pair, "")) for pair in pairs]


def _header(asked: MechanismOptions, layers: Sequence[str]) -> dict[str, str]:
    known = [found.caution for name in layers if (found := find_preset(name)) is not None]
    wording = "what is seen is consistent with a mechanism, and no proof that it acts"
    return {
        "asked": "which mechanisms of resistance do these changes belong to? The expected signs"
        " were stated before any data were seen",
        "tests": f"marks and assays by {asked.test}, one value a gene and one gene a locus;"
        f" {SMALL_RULE}; switches by the number of loci (hypergeometric, two-sided)",
        "direction": f"padj <= {asked.fdr:g} over the mechanisms of a layer, and an effect beyond"
        f" those of 95 % of {asked.n_random} random sets matched on signal, and on length and CpG"
        " island where known. Or more members called, in either direction, than in these sets"
        f" (mixed_padj <= {asked.fdr:g}) and more that move than under exchanged labels where these"
        f" can be (P <= .05): mixed, or the way that {ONE_WAY:.0%} of the called members go. Of a"
        f" mark or assay, {CARRIED_RULE}; switches need two loci always",
        "not seen": "smallest_effect is the shift of all members, called_needed the number of"
        " called members, that would have been called; of fewer than 8 loci nothing is said",
        "findings": "mechanisms of a layer that share half of their carriers are one finding, named"
        " after the one of smallest P; pvalue_unshared is the test without its carriers",
        "genes": "those of the direction (of either where there is none), called at the same level,"
        " the best supported first; in brackets: none is called, these have P < .05 of their own",
        "wording": ". ".join([wording, *filter(None, known)]),
        "context": f"therapies as of {therapies_as_of().isoformat()}; {NO_ADVICE}",
    }
