"""Formulas are parsed and never evaluated; what formulaic makes of legal ones is unchanged."""

from __future__ import annotations

import builtins
import os
import time
from pathlib import Path

import numpy as np
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import DesignError
from resist_epi.model.analysis import analyse
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.formula import parse_formula
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.study_file import read_study
from tests.support.builders import planted, sheet
from tests.support.cohort import make_cohort

AGE = ["50", "61", "47", "70", "55", "44", "66", "58"]


@pytest.fixture
def rows() -> SampleSheet:
    return sheet(
        ["good", "poor"] * 4,
        Batch=["1", "1", "2", "2", "3", "3", "1", "2"],
        Age=AGE,
        Dose=["0", "24", "48", "0", "24", "48", "0", "24"],
        **{"Tumour site": list("abababba"), "log": list("uuvvuvuv")},
    )


LEGAL = [
    "~ Condition",
    "Condition + Batch",
    "~Batch+Condition",
    "~ 0 + Condition",
    "~ Condition - 1",
    "~ -1 + Condition + Batch",
    "~ 1",
    "~ Batch * Condition",
    "~ Batch:Condition + Age",
    "~ (Condition + Age)^2",
    "~ (Condition + Age + Batch)**2 - Age:Batch",
    "~ `Tumour site` + Condition",
    "~ C(`Tumour site`) + scale(Age)",
    "~ C(Dose)",
    '~ C(Dose, contr.treatment("24")) + Condition',
    '~ C(Dose, contr.treatment(base="24")):Age',
    "~ C(Dose, levels=['48', '0', '24'])",
    "~ bs(Age, df=4) + Condition",
    "~ bs(Age, knots=[50, 60.5], degree=2, include_intercept=False)",
    "~ poly(Age, 2) + Condition",
    "~ poly(Age, degree=2, raw=True)",
    "~ log(Age) + Condition",
    "~ scale(Age, center=False) * Condition",
    "~ Condition + (Age)",
    "~ Condition + - Age + Age",
    "~ 2:Age + Condition",
    "~ Condition^2",
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("formula", LEGAL)
def test_legal_formulas_give_the_matrix_that_formulaic_gives(
    rows: SampleSheet, formula: str
) -> None:
    from formulaic import ModelSpec

    units = rows.table.assign(Age=[float(a) for a in AGE]).drop(columns="log")
    whole = formula if "~" in formula else f"~ {formula}"
    expected = ModelSpec.from_spec(whole).get_model_matrix(units)
    found = make_design(rows, formula).matrix
    assert list(found.columns) == list(expected.columns)
    np.testing.assert_array_equal(found.to_numpy(), np.asarray(expected, np.float64))


def test_what_a_curve_learnt_is_kept_for_other_units(rows: SampleSheet) -> None:
    design = make_design(rows, "~ poly(Age, 2) + Condition")
    alone = design.units.iloc[:2].assign(Condition="poor")
    expected = design.matrix.iloc[:2].assign(**{"Condition[T.poor]": 1.0})
    np.testing.assert_allclose(design.built.rows(alone), expected, atol=1e-12)


CODE = [
    "~ Condition + {open('PWNED','w').write('x')}",
    "~ {exit(0)}",
    "~ {9**9**9}",
    "~ Condition + open('PWNED','w').write('x')",
    "~ Condition + __import__('os').system('touch PWNED')",
    "~ I(open('PWNED', 'w'))",
    "~ np.array(Age)",
    "~ C(open('PWNED', 'w'))",
    "~ C(Age, open('PWNED', 'w'))",
    "~ C(Dose, contr.treatment(open('PWNED', 'w')))",
    """~ C(Dose, contr.treatment('x"))+open("PWNED","w")#'))""",
    "~ C(Dose, contr.treatment('x\\'))",
    "~ C(Dose, levels=[x for x in '024'])",
    "~ C(Dose, contr.sum)",
    "~ C(Dose, lambda x: x)",
    "~ bs(Age, df=open('PWNED', 'w'))",
    "~ poly(Age, 2, True, open('PWNED','w'))",
    "~ poly(log(Age), 2)",
    "~ `open('PWNED','w')`",
    "~ C(`open('PWNED','w')`)",
    "~ log(Age).__class__",
    "~ Age.__class__",
    "~ Age[0]",
    "~ Condition if Age else Batch",
    "~ (Condition + Batch)**30",
    "~ (Condition + Batch)**9**9",
    "~ Condition**0",
    "~ Condition**Age",
    "~ Condition**-1",
    "~ Condition^1.5",
    "~ bs(Age, df=1000000000)",
    "~ bs(Age, 1000000000)",
    "~ poly(Age, 1000000000)",
    "~ poly(Age, True)",
    "~ " + "(" * 5000 + "Age" + ")" * 5000,
    "~ " + "-" * 9000,
    "~ Age" + " + Age" * 5000,
    "~ " + ":".join(f"{i}.5" for i in range(10, 400)),
    "~ .",
    "Age ~ Condition",
    "~ Age | Batch",
    "~ Age / Batch",
    "~ Age %in% Batch",
    "~ Batch in Age",
    "[Age ~ Batch]",
    "~",
    "",
    "~ 0",
    "~ 5",
    "~ Age * 0",
    "~ 2 * Age",
    "~ (Condition - 1)",
    "~ (0 + Condition)",
    "~ 'Age'",
    "~ Age\x00",
    "~ 1e999:Age",
    "~ log(Condition)",
    "~ ~ Age",
    "~ Age $ Batch",
    "~ C()",
    "~ C(Dose",
    "~ C(Dose,)",
    "~ C(Dose, levels=)",
    "~ scale(Age, center=True, center=True)",
    "~ scale(Age, center=True, True)",
    "~ Ki-67",
    "~ 1_000:Age",
]


@pytest.mark.parametrize("formula", CODE, ids=range(len(CODE)))
def test_what_is_no_formula_is_named_and_never_run(
    rows: SampleSheet, formula: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    began = time.process_time()
    with pytest.raises(DesignError) as caught:
        make_design(rows, formula)
    assert time.process_time() - began < 2
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
    assert not list(tmp_path.iterdir())


def test_the_part_is_named(rows: SampleSheet) -> None:
    with pytest.raises(DesignError, match=r"no function 'open' at 'open' \(character 15\)"):
        make_design(rows, "~ Condition + open('PWNED')")
    with pytest.raises(DesignError, match=r"no part of a formula at .\{exit\(0\)\}"):
        make_design(rows, "~ Condition + {exit(0)}")


def test_names_and_levels_may_look_like_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name, level = "open('PWNED','w')", """x"))+open("PWNED","w")#"""
    rows = sheet(["a", "b"] * 4, **{name: [level, "_v0_", level, "{{7*7}}"] * 2})
    design = make_design(rows, f"~ C(`{name}`, contr.treatment('_v0_'))")
    assert design.variables == (name,)
    assert list(design.matrix.columns)[1] == f"C(`{name}`, contr.treatment('_v0_'))[T.{level}]"
    assert make_contrast(design, f"{level}-_v0_").group_sizes == (4, 2)
    assert not list(tmp_path.iterdir())


def test_thousands_of_random_formulas_give_a_design_or_a_design_error(
    rows: SampleSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("exec", "exit", "quit", "input", "breakpoint"):
        monkeypatch.setattr(builtins, name, lambda *a, n=name: pytest.fail(f"{n} was called"))
    monkeypatch.setattr(os, "system", lambda *a: pytest.fail("a shell was called"))
    pieces = [
        *"+-*:^()~,=[]{}|/.`'\"\\ \n\t0129",
        "**",
        "Age",
        "batch",
        "Condition",
        "`Tumour site`",
    ]
    pieces += ["C(", "bs(", "poly(", "log(", "scale(", "contr.treatment(", "df=", "levels=", "99"]
    pieces += ["open('PWNED','w')", "__import__('os')", "exit(0)", "lambda: 0", "True", "é", "\x00"]
    pieces += [
        "Age + ",
        "Batch + ",
        "~ ",
        " * Condition",
        "C(Dose)",
        "poly(Age, 2)",
        "(Age + Batch)",
    ]
    rng = np.random.default_rng(13)
    made = refused = 0
    for _ in range(4000):
        text = "".join(rng.choice(pieces, size=rng.integers(1, 9)))
        began = time.process_time()
        try:
            parsed = parse_formula(text, rows.column)
            if made < 150:
                make_design(rows, text)
            made += len(parsed.terms) > 0
        except DesignError:
            refused += 1
        assert time.process_time() - began < 2, text
    assert made > 60
    assert refused > 1000
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("asked", ["block", "strata"])
def test_blocks_and_strata_are_names(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    counts = planted(n=20, per_group=2)
    named = {asked: "open('PWNED','w')"}
    with pytest.raises(DesignError, match="no column"):
        analyse(counts, sheet(["a", "a", "b", "b"]), **named)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["{exit(0)}", "-" * 1_000_000, "a-b" * 1000, "a\n-b", ""])
def test_contrasts_are_names(rows: SampleSheet, text: str) -> None:
    began = time.process_time()
    with pytest.raises(DesignError) as caught:
        make_contrast(make_design(rows), text)
    assert time.process_time() - began < 2
    assert len(str(caught.value)) < 500


def test_a_received_study_runs_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_cohort(tmp_path, per_group=2)
    monkeypatch.chdir(tmp_path)
    for code in ("{open('PWNED','w').write('x')}", "{exit(0)}"):
        (tmp_path / "study.yaml").write_text(
            f'sheet: sheet.csv\ngenes: genes.tsv\ndesign: "~ Condition + {code}"\n'
        )
        assert read_study(tmp_path / "study.yaml").design.endswith(code)
        assert main(["-q", "run", str(tmp_path / "study.yaml"), "-o", "out"]) == 1
        assert "no part of a formula" in capsys.readouterr().err
    assert not (tmp_path / "PWNED").exists()


def test_values_that_are_no_numbers_after_a_function() -> None:
    rows = sheet(["a", "b"] * 2, Dose=["0", "1", "2", "3"])
    with pytest.raises(DesignError, match="is -inf in row 1"):
        make_design(rows, "~ log(Dose)")
