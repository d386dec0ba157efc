"""What is an address, what is shown of it, and which addresses are of one file."""

from __future__ import annotations

import pytest

from resist_epi.errors import InputFormatError, SampleSheetError, without_secrets
from resist_epi.io.remote.address import address_problem, identity, is_remote, name_of, shown


def test_addresses_are_told_from_paths() -> None:
    assert all(map(is_remote, ("http://h/a", "HTTPS://h/a", "s3://b/k")))
    assert not any(map(is_remote, ("a/http://x", "C:/a.bw", "file:///a", "ftp://h/a", "")))


@pytest.mark.parametrize(
    "secret", ["https://me:word@h/a.bw", "https://h/a.bw?token=word", "s3://me:word@b/a.bw#word"]
)
def test_what_is_secret_is_never_shown(secret: str) -> None:
    assert "word" not in shown(secret)
    assert "a.bw" in shown(secret)
    error = InputFormatError("gone", path=secret.partition("#")[0], remedy=f"see {secret[:30]}")
    assert "word" not in str(InputFormatError("gone", path=secret.partition("#")[0]))
    assert "gone" in str(error)
    assert "word" not in str(SampleSheetError("s.csv", [f"row 2: {secret.partition('#')[0]}"]))


def test_what_follows_an_address_stays() -> None:
    said = without_secrets("see https://h/a?b=c, then https://u@h/d: no such file. Try again")
    assert said == "see https://h/a?..., then https://h/d: no such file. Try again"
    assert without_secrets(said) == said


def test_one_file_signed_twice_is_one() -> None:
    plain = "https://h/a.bw"
    for other in (
        "https://H/a.bw?X-Amz-Signature=1&X-Amz-Date=2",
        "https://me:word@h/a.bw",
        "https://h/a.bw?Expires=1&Signature=2&Key-Pair-Id=3",
        "https://h/a.bw?sv=1&se=2&sig=3",
        "https://h/a.bw#x",
    ):
        assert identity(other) == identity(plain)
    others = ("https://h/a.bw?id=1", "https://h/A.bw", "https://h:81/a.bw", "http://h/a.bw")
    assert len({identity(u) for u in (plain, *others)}) == 5
    assert identity("https://h/a.bw?se=1") != identity(plain)  # of no signature


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gs://b/k", "gs://"),
        ("ftp://h/a.bw", "ftp://"),
        ("https:///a.bw", "names no file"),
        ("https://host", "names no file"),
        ("https://host:port/a", "no address"),
    ],
)
def test_wrong_addresses_are_told(text: str, said: str) -> None:
    assert said in str(address_problem(text))
    with pytest.raises(InputFormatError):
        identity(text if is_remote(text) else "https://")


def test_names_stay_inside_a_folder() -> None:
    for url in (
        "https://h/%2e%2e%2fx",
        "https://h/a/..",
        "https://h/",
        "s3://b/a%00b",
        "https://h/a\\b",
    ):
        name = name_of(url)
        assert name
        assert not set(name) & set("/\\\0")
        assert not name.startswith(".")
