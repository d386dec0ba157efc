"""Messages: one line, with a place, and no more of an input than fits."""

from __future__ import annotations

import pickle

import pytest

from resist_epi.errors import (
    DesignError,
    InputFormatError,
    QuantityError,
    did_you_mean,
    in_file,
)


@pytest.mark.parametrize("kind", [InputFormatError, DesignError, QuantityError])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x85", "\u2028"])
def test_a_message_is_one_line_whatever_it_quotes(kind: type[Exception], end: str) -> None:
    assert len(str(kind(f"a name of{end}two lines")).splitlines()) == 1


def test_what_is_quoted_is_cut() -> None:
    error = InputFormatError(f"the set {'x' * 5000!r}", line=3, found="y" * 5000)
    assert len(str(error)) < 400
    assert len(str(pickle.loads(pickle.dumps(error)))) < 400


def test_errors_of_a_content_get_its_file() -> None:
    for error in (InputFormatError("bad"), QuantityError("bad")):
        with pytest.raises(type(error), match=r"x\.tsv: bad"), in_file("x.tsv"):
            raise error
    with pytest.raises(InputFormatError, match=r"y\.tsv: bad"), in_file("x.tsv"):
        raise InputFormatError("bad", path="y.tsv")


def test_only_close_names_are_offered() -> None:
    assert did_you_mean(["padj"], ["p_adj", "x"]) == "did you mean 'p_adj' for 'padj'?"
    assert did_you_mean(["padj"], ["symbol"]) is None
