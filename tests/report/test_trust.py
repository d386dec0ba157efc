"""How far the answer goes: its numbers are those of the tables of normalisations and checks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from resist_epi.model.efficiency import Disagreement
from resist_epi.report.gather import MarkTables, RunTables, Sheet
from resist_epi.report.trust import next_steps, scale_of, untestable
from tests.support.report_tables import mark_of, mechanisms, results, run_tables, sheet


def made(**facts: object) -> MarkTables:
    return mark_of("H3K27me3", {"promoters": sheet(results(200), **facts)})


def compared(rows: list[tuple[int, int, int]], warnings: list[str] | None = None) -> RunTables:
    table = pd.DataFrame(rows, columns=["background", "tmm_rounds", "n_regions"])
    header = {"warnings": warnings} if warnings else {}
    mark = replace(
        made(normalization={"name": "background", "assumption": "", "because": ""}),
        calls=Sheet(table.assign(n_high_confidence=0), {}),
        normalization=Sheet(pd.DataFrame({"sample": ["T1"]}), header),
    )
    return run_tables([mark])


def test_calls_that_stand_under_every_normalisation_are_counted() -> None:
    ((scale,), _) = scale_of(compared([(1, 1, 90), (1, 0, 10), (0, 1, 50)]))
    assert scale.state == "holds"
    said = "90 of 100 calls stand under all 2 normalisations, and 50 more are called by others only"
    assert scale.words.endswith(said)
    ((scale,), _) = scale_of(compared([(1, 1, 2), (0, 1, 95)]))
    assert scale.state == "hangs"  # though both calls stand
    ((scale,), _) = scale_of(compared([(1, 1, 9), (1, 0, 91)]))
    assert scale.state == "hangs"
    ((scale,), _) = scale_of(compared([(0, 1, 2)]))
    assert scale.state == "unknown"
    assert scale.words.endswith("no region is called by it, 2 by others")
    disagree = Disagreement(0.4, 0.1, 10.0, 0.003, "background").warnings
    ((scale,), _) = scale_of(compared([(1, 1, 100)], disagree))
    assert scale.state == "hangs"
    assert scale.words.endswith("; the normalisations disagree between the groups")
    assert "by spike-in" in " ".join(next_steps(compared([(1, 0, 100)])))


def test_a_share_of_signal_that_goes_with_the_groups_is_no_disagreement() -> None:
    share = "the share of signal in the top bins goes with the contrast (a factor of 1.03, P 0.09)"
    ((scale,), _) = scale_of(compared([(1, 1, 31), (1, 0, 2)], [share]))
    assert scale.state == "unknown"
    assert scale.words.endswith("all 2 normalisations; unequal efficiency is not excluded")
    assert not any("disagree" in text for text in next_steps(compared([(1, 1, 31)], [share])))


def test_a_global_shift_is_told_by_a_spike_in_alone() -> None:
    assert "cannot be told" in scale_of(run_tables([made()]))[1]
    spiked = made(normalization={"name": "spike_in", "assumption": "", "because": ""})
    assert scale_of(run_tables([spiked]))[1].startswith("H3K27me3 by spike-in")
    row = {"partition": "genome", "class": "genome", "difference": -0.0123, "pvalue": 0.04}
    covered = replace(made(), balance=Sheet(pd.DataFrame([row]), {}))
    assert "H3K27me3 −1.23 percentage points (P 0.04)" in scale_of(run_tables([covered]))[1]


def test_what_was_not_testable_is_named_with_its_reason() -> None:
    silent = {"mechanism": "TCA cycle", "layer": "H3K27me3", "verdict": "not tested"}
    few = {"mechanism": "Redox defence", "layer": "H3K27me3", "verdict": "too few to say"}
    message = "H3K27me3: 19 of 24 chromosomes of the genes are in no track and are dropped: chr3"
    check = pd.DataFrame({"level": ["info"], "sample": "", "column": "Coverage", "path": ""})
    run = run_tables([made()], mechanisms=mechanisms([silent, few]))
    said = "\n".join(untestable(replace(run, check=check.assign(message=message))))
    assert "H3K27me3: 5 of 200 promoters, too little signal" in said
    assert "19 of 24 chromosomes of the genes: in no track" in said
    assert "1 mechanism, at most one locus with a region tested: TCA cycle" in said
    assert "1 mechanism, too few loci to say anything: Redox defence" in said
    assert "Switches between marks" in said


def test_the_next_step_is_what_would_change_the_answer_most() -> None:
    few = {"contrast": {"name": "x", "kind": "difference", "first": "a", "second": "b"}}
    few["contrast"] |= {"units": [3, 3], "column": "Condition"}
    said = list(next_steps(run_tables([made(units={"n": 6, "patients": False}, **few)])))
    assert said[0].startswith("Add the column Patient")
    assert "resist-epi power" in said[1]
    assert said[-1].endswith("igv_session.xml")
    seen = list(next_steps(run_tables([made(hidden={"found": 1, "adjusted": 0})])))
    assert any("Run again with hidden factor in the design" in text for text in seen)


def test_a_mark_that_has_a_spike_in_is_not_sent_to_measure_one() -> None:
    run = compared([(1, 1, 9), (1, 0, 91)])
    assert any("by spike-in before a claim" in text for text in next_steps(run))
    spiked = {"name": "spike_in", "assumption": "", "because": ""}
    main = made(normalization=spiked).results
    said = list(next_steps(replace(run, marks=(replace(run.marks[0], results=main),))))
    assert not any("Measure the level" in text for text in said)
    assert any(
        "H3K27me3 by spike-in and by the other normalisations side by side" in text for text in said
    )


def test_what_calls_can_be_held_against_is_one_step() -> None:
    run = run_tables([made()])
    (step,) = [text for text in next_steps(run) if "Hold the called genes" in text]
    assert "--expression" in step
    assert "--survival" in step
    known = replace(run, concordance=Sheet(pd.DataFrame(), {}))
    (step,) = [text for text in next_steps(known) if "Hold the called genes" in text]
    assert "--expression" not in step


def test_a_mark_without_a_test_is_named_beside_one_with() -> None:
    both = [made(), replace(made(**{"no test": "one side has 1 unit, so no"}), mark="H3K36me3")]
    said = list(next_steps(run_tables(both)))
    assert (
        said[0] == "Add replicates of each group of H3K36me3: without them these cannot be tested"
    )
    assert "H3K36me3: nothing, since one side has 1 unit" in list(untestable(run_tables(both)))


def test_where_nothing_is_called_more_units_come_first() -> None:
    quiet = sheet(results(40).assign(direction="none"))
    said = list(next_steps(run_tables([mark_of("H3K27me3", {"promoters": quiet})])))
    assert "resist-epi power" in said[0]
    assert not any("called genes" in text for text in said)


def test_what_hangs_on_one_unit_is_not_the_first_claim() -> None:
    def steps(**columns: object) -> str:
        table = results(40).assign(high_confidence=np.arange(40) < 2, **columns)
        return "\n".join(next_steps(run_tables([mark_of("H3K27me3", {"promoters": sheet(table)})])))

    assert "Claim first what is of high confidence: 2 regions of H3K27me3" in steps()
    one = np.where(np.arange(40) == 0, 1.0, 0.5)
    assert "which no single unit makes: 1 region of H3K27me3" in steps(stability=one)
    assert "Claim no region yet" in steps(stability=0.5)


def test_calls_that_could_not_be_tried_without_a_unit_are_neither_held_nor_fallen() -> None:
    def step(share: float, **facts: object) -> str:
        table = results(40).assign(high_confidence=np.arange(40) < 2, stability=share)
        run = run_tables([mark_of("H3K27me3", {"promoters": sheet(table, **facts)})])
        return next(text for text in next_steps(run) if "Claim" in text)

    assert step(np.nan) == "Claim first what is of high confidence: 2 regions of H3K27me3"
    some = {"not_fitted": ["G1 + G2"], "calls": 2, "stay": 2, "one": 0, "left_out": 4}
    assert step(1.0, stability=some) == step(np.nan)
    assert "which no single unit makes" in step(1.0, stability=some | {"not_fitted": []})
