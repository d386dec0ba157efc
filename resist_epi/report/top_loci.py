"""The best supported loci of all marks, a line each: effects, intervals, and known roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from resist_epi.genes.builtin import load_gene_set_members
from resist_epi.mechanism.builtin import load_mechanisms
from resist_epi.report.gather import MarkTables, RunTables
from resist_epi.report.sections import change, interval, is_sure, place
from resist_epi.report.set_names import short_name
from resist_epi.stats.best_supported import order_of_support

SHOWN = 8

# Class of a gene in the table of switches -> in words.
SWITCH_CLASSES = {
    "activating switch": "to active",
    "repressive switch": "to repressed",
}


@dataclass(frozen=True)
class Effect:
    """What a mark shows at a gene.

    Attributes
    ----------
    change, interval
        log2 fold change and its 95% interval, as text; `–` where there is none.
    direction
        `gain`, `loss`, `none`; `not tested`, or `not measured` where the mark has no region there.
    sure
        Whether it is called with high confidence; None where that is not known.
    """

    change: str
    interval: str
    direction: str
    sure: bool | None


@dataclass(frozen=True)
class TopLocus:
    """A locus with its leading gene.

    Attributes
    ----------
    gene, position
        Symbol (or region) and where it lies.
    region_id, kind
        Its region, and the part of the page with the table that has it.
    others
        Other called genes of the locus.
    effects
        Mark -> what it shows at the leading gene.
    role
        What the gene is known for in the built-in sets, with the set; empty where unknown.
    switch
        How the marks switch at the gene; empty where they do not.
    """

    gene: str
    position: str
    region_id: str
    kind: str
    others: tuple[str, ...]
    effects: Mapping[str, Effect]
    role: str
    switch: str


def top_loci(run: RunTables, shown: int = SHOWN) -> list[TopLocus]:
    """Called loci of the regions that speak for genes, the best supported of each mark in turn.

    A locus that leads in several marks stands once. Where nothing is called there is no line: the
    order of what is not called is one of chance.
    """
    roles = gene_roles()
    by_mark = {mark.mark: _leaders(mark, roles) for mark in run.marks}
    switches = _switching(run)
    parts = {m.mark: f"mark{i}-{next(iter(m.results))}" for i, m in enumerate(run.marks)}
    found: list[TopLocus] = []
    seen: set[str] = set()
    for rank in range(max(map(len, by_mark.values()), default=0)):
        for mark, leaders in by_mark.items():
            if rank >= len(leaders) or len(found) >= shown:
                continue
            leader = leaders[rank]
            names = {leader.name, *leader.others}
            if names & seen:
                continue
            seen |= names
            row, others = leader.row(), leader.others
            found.append(
                TopLocus(
                    _name(row),
                    place(row),
                    str(row["region_id"]),
                    parts[mark],
                    tuple(others),
                    {m.mark: _effect(m, row) for m in run.marks},
                    roles.get(str(row["symbol"]), ""),
                    switches.get(str(row["gene_id"] or row["symbol"]), ""),
                )
            )
    return found


def _switching(run: RunTables) -> dict[str, str]:
    """Gene -> its switch in words, of those that switch."""
    if run.switches is None:
        return {}
    table = run.switches.table
    own = table[table["class"].isin(list(SWITCH_CLASSES))]
    gene = own["gene_id"].where(own["gene_id"] != "", own["symbol"])
    return dict(zip(gene, own["class"].map(SWITCH_CLASSES), strict=True))


@dataclass(frozen=True)
class _Leader:
    """A called region of a locus, and the names of its other genes."""

    called: pd.DataFrame
    at: int
    name: str
    others: list[str]

    def row(self) -> dict[Any, Any]:
        """Its columns: of few of thousands are they asked for."""
        return self.called.iloc[[self.at]].to_dict("records")[0]


def _leaders(mark: MarkTables, roles: Mapping[str, str]) -> list[_Leader]:
    """A called region of each locus.

    It is the best supported one of a gene that is known for something, where there is such a gene.
    """
    table = mark.main.table
    table = table.assign(_sure=is_sure(table))
    ordered = table.iloc[order_of_support(table)]
    called = ordered[ordered["direction"] != "none"]
    locus = called["locus_id"] if "locus_id" in called else called["region_id"]
    locus = locus.fillna("").where(lambda s: s != "", called["region_id"])
    members: dict[str, list[int]] = {}
    for i, name in enumerate(locus):
        members.setdefault(name, []).append(i)
    symbols = called["symbol"].tolist()
    named = list(zip(symbols, called["region_id"], strict=True))
    found = []
    for own in members.values():
        first = next((i for i in own if str(symbols[i]) in roles), own[0])
        name = str(named[first][0] or named[first][1])
        names = dict.fromkeys(str(named[i][0] or named[i][1]) for i in own)
        found.append(_Leader(called, first, name, [n for n in names if n != name]))
    return found


def _name(row: Mapping[Any, Any]) -> str:
    return str(row["symbol"] or row["region_id"])


def _effect(mark: MarkTables, row: Mapping[Any, Any]) -> Effect:
    """The region of a mark that speaks for the gene: its primary promoter, or its body."""
    table = mark.main.table
    own = table[table["region_id"] == row["region_id"]]
    if own.empty:
        key = "gene_id" if row["gene_id"] else "symbol"
        own = table[(table[key] == row[key]) & (table[key] != "")]
        if "primary" in own:
            own = own[own["primary"].astype(str) == "True"]
    if own.empty:
        return Effect("–", "–", "not measured", None)
    own = own.assign(_sure=is_sure(own))
    best = own.iloc[order_of_support(own)[0]]
    if pd.isna(best["pvalue"]):
        return Effect(change(best["log2FoldChange"]), "–", "not tested", None)
    sure = None if pd.isna(best["_sure"]) else bool(best["_sure"])
    return Effect(change(best["log2FoldChange"]), interval(best), str(best["direction"]), sure)


def gene_roles() -> dict[str, str]:
    """Symbol -> what it does in which built-in set; of several sets those of mechanisms first."""
    stated = {mechanism.gene_set for mechanism in load_mechanisms()}
    table = load_gene_set_members()
    table = table.assign(_own=~table["set"].isin(list(stated)))
    roles: dict[str, str] = {}
    for row in table.sort_values("_own", kind="stable").itertuples():
        name = short_name(str(row.set))
        words = f"{row.role} ({name})" if isinstance(row.role, str) and row.role else name
        roles.setdefault(str(row.symbol), words)
    return roles
