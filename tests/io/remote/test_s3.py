"""`s3://` against a stand-in: anonymous, signed, of another region, refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError, MissingDependencyError
from resist_epi.io.remote import s3, transport
from resist_epi.io.remote.cache import fetch
from resist_epi.io.remote.ranged_file import RangedFile, forget
from resist_epi.io.remote.s3 import s3_request
from tests.support.range_server import RangeServer, serving
from tests.support.s3_server import FAR, KEY, SECRET, S3Handler

DATA = random.Random(1).randbytes(300_000)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RangeServer]:
    monkeypatch.setattr(transport, "PAUSE", 0.0)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    forget()
    with serving(S3Handler) as own:
        monkeypatch.setenv("AWS_ENDPOINT_URL", own.url)
        yield own


@pytest.fixture
def holder(store: RangeServer, monkeypatch: pytest.MonkeyPatch) -> RangeServer:
    """The store, for one who holds its key."""
    pytest.importorskip("botocore", reason="signing needs the extra [remote]")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return store


def test_anybody_reads_a_public_bucket(store: RangeServer, tmp_path: Path) -> None:
    store.put("public/a/b c+d.bw", DATA)
    url = "s3://public/a/b c+d.bw"
    assert fetch(url, tmp_path).path.read_bytes() == DATA
    with RangedFile(url) as file:
        assert file.read(1000, 10, "part") == DATA[1000:1010]
    assert not any("authorization" in s.headers for s in store.seen)
    assert all("if-match" in s.headers for s in store.gets())


def test_a_private_bucket_is_refused_to_anybody(store: RangeServer, tmp_path: Path) -> None:
    store.put("private/a.bw", DATA)
    with pytest.raises(InputFormatError, match=r"s3://private/a\.bw.*403.*AWS_ACCESS_KEY_ID"):
        fetch("s3://private/a.bw", tmp_path)


def test_the_holder_of_the_key_reads_it(holder: RangeServer, tmp_path: Path) -> None:
    holder.put("private/a/b c+d~é.bw", DATA, cut=1)
    url = "s3://private/a/b c+d~é.bw"
    assert fetch(url, tmp_path).path.read_bytes() == DATA
    assert holder.sent() == len(DATA)
    with RangedFile(url) as file:
        assert file.read(1000, 10, "part") == DATA[1000:1010]
    assert {s.method for s in holder.seen} == {"HEAD", "GET"}


def test_a_wrong_secret_is_refused(
    holder: RangeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    holder.put("private/a.bw", DATA)
    with pytest.raises(InputFormatError, match="403") as found:
        fetch("s3://private/a.bw", tmp_path)
    assert "wrong" not in str(found.value)


def test_a_bucket_of_another_region_is_asked_there(holder: RangeServer, tmp_path: Path) -> None:
    holder.put("far/a.bw", DATA)
    assert fetch("s3://far/a.bw", tmp_path).path.read_bytes() == DATA
    assert FAR in holder.gets()[-1].headers["authorization"]


def test_credentials_without_the_extra_are_an_error(
    store: RangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str, *, extra: str, what: str) -> None:
        raise MissingDependencyError(f"{what} needs {name}; resist_epi[{extra}]")

    monkeypatch.setattr(s3, "optional_library", missing)
    s3._signer.cache_clear()
    assert s3.signer() is None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    with pytest.raises(MissingDependencyError, match=r"resist_epi\[remote\]"):
        s3.signer()
    s3._signer.cache_clear()


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("s3://b/k/a.bw", "https://b.s3.us-east-1.amazonaws.com/k/a.bw"),
        ("s3://b.c/k/a b.bw", "https://s3.us-east-1.amazonaws.com/b.c/k/a%20b.bw"),
    ],
)
def test_without_an_endpoint_requests_go_to_amazon(
    store: RangeServer, monkeypatch: pytest.MonkeyPatch, url: str, target: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert s3_request(url, "GET", {})[0] == target
