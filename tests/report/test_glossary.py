"""Words are explained where they first stand, and nothing in them becomes markup."""

from __future__ import annotations

from resist_epi.report.glossary import TERMS, Glossary


def test_a_word_is_explained_once() -> None:
    glossary = Glossary()
    first = glossary.mark("at 30 loci; 3 with high confidence")
    assert first.count("<dfn") == 2
    assert f'title="{TERMS["high confidence"]}"'.replace("'", "&#39;") in first
    assert glossary.mark("at 30 loci") == "at 30 loci"


def test_text_is_escaped_around_and_in_a_word() -> None:
    made = Glossary().mark("<b>loci</b> & Spike-in")
    assert made.startswith("&lt;b&gt;<dfn")
    assert "&amp; <dfn" in made
    assert ">Spike-in</dfn>" in made


def test_a_part_of_a_word_is_no_word() -> None:
    assert Glossary().mark("locution, backgrounds") == "locution, backgrounds"


def test_options_and_files_stand_as_code() -> None:
    made = Glossary().mark("run with --gene-sets, open igv_session.xml")
    assert made == "run with <code>--gene-sets</code>, open <code>igv_session.xml</code>"
