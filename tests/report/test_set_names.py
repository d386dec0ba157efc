"""Every built-in set has a short name, told from all others."""

from __future__ import annotations

from resist_epi.genes.builtin import load_gene_set_members
from resist_epi.report.set_names import SHORT
from resist_epi.report.top_loci import gene_roles


def test_every_built_in_set_has_a_short_name_of_its_own() -> None:
    assert set(SHORT) == set(load_gene_set_members()["set"])
    assert len(set(SHORT.values())) == len(SHORT)
    assert max(map(len, SHORT.values())) <= 32


def test_a_role_names_its_set_shortly_and_takes_no_side() -> None:
    roles = gene_roles()
    assert roles["HK2"] == "enzyme (glycolysis)"
    assert roles["GREB1"].endswith("(ESR1 programme)")
    assert not [role for role in roles.values() if "_" in role or " lost" in role]
