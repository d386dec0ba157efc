"""Parts of a file elsewhere: the same bytes in few requests, or an error that says why not."""

from __future__ import annotations

import random

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.remote import ranged_file
from resist_epi.io.remote.ranged_file import BLOCK, RangedFile, forget
from tests.support.range_server import RangeServer

DATA = random.Random(1).randbytes(3 * BLOCK + 12_345)


def test_any_part_is_what_stands_there(server: RangeServer) -> None:
    rng = random.Random(2)
    with RangedFile(server.put("a.bw", DATA)) as file:
        assert file.size == len(DATA)
        for _ in range(200):
            at = rng.randrange(len(DATA))
            size = rng.randrange(min(len(DATA) - at, BLOCK + 100) + 1)
            assert file.read(at, size, "part") == DATA[at : at + size]
    assert len(server.seen) <= 1 + 4  # HEAD, and each block once at most


def test_blocks_are_aligned_and_asked_for_the_content_first_seen(server: RangeServer) -> None:
    url = server.put("a.bw", DATA)
    with RangedFile(url) as file:
        file.read(BLOCK + 5, 10, "part")
    (get,) = server.gets()
    assert get.headers["range"] == f"bytes={BLOCK}-{2 * BLOCK - 1}"
    assert get.headers["if-match"] == server.files["/a.bw"].tag


def test_what_is_expected_comes_with_its_neighbours(server: RangeServer) -> None:
    with RangedFile(server.put("a.bw", DATA)) as file:
        file.expect([(0, 10), (2 * BLOCK + 5, 2 * BLOCK + 10), (len(DATA) - 1, len(DATA))])
        assert file.read(0, 10, "part") == DATA[:10]
        assert file.read(len(DATA) - 1, 1, "part") == DATA[-1:]
    assert len(server.gets()) == 1


def test_few_blocks_are_kept(server: RangeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_file, "KEPT", 2)
    with RangedFile(server.put("a.bw", DATA), block=1000) as file:
        for at in range(0, 20_000, 1000):
            file.read(at, 10, "part")
    assert len(ranged_file._blocks) == 2


def test_a_read_past_the_end_is_an_error(server: RangeServer) -> None:
    with (
        RangedFile(server.put("a.bw", b"abc")) as file,
        pytest.raises(InputFormatError, match="ends before its part"),
    ):
        file.read(1, 3, "part")


def test_a_file_changed_meanwhile_is_told(server: RangeServer) -> None:
    url = server.put("a.bw", DATA)
    with RangedFile(url) as file:
        file.read(0, 10, "part")
        server.put("a.bw", DATA[::-1])
        with pytest.raises(InputFormatError, match=r"a\.bw.*changed while it was read"):
            file.read(2 * BLOCK, 10, "part")
    with RangedFile(url) as file:  # the next try sees the new one
        assert file.read(0, 10, "part") == DATA[::-1][:10]


def test_a_change_is_noticed_where_the_server_takes_no_if_match(server: RangeServer) -> None:
    url = server.put("a.bw", DATA, etag='W/"1"')
    with RangedFile(url) as file:
        file.read(0, 10, "part")
        server.put("a.bw", DATA[::-1], etag='W/"2"')
        with pytest.raises(InputFormatError, match="changed while it was read"):
            file.read(2 * BLOCK, 10, "part")
        forget()
    with RangedFile(url) as file:
        server.put("a.bw", DATA[:-5], etag="")
        with pytest.raises(InputFormatError, match="changed while it was read"):
            file.read(2 * BLOCK, 10, "part")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"ranges": False}, r"gives no parts.*expected status 206; found 200.*count or run"),
        ({"cut": 99}, r"cut off again and again.*expected \d+ bytes"),
        ({"says_length": False}, "does not say how long"),
        ({"login": "Basic x"}, r"gives no access \(401\).*NAME:PASSWORD@"),
        ({"busy": 99}, r"answers 503.*again later"),
    ],
)
def test_what_a_server_does_wrong_is_said_with_the_address(
    server: RangeServer, how: dict[str, object], said: str
) -> None:
    url = server.put("a.bw", DATA, **how)
    with pytest.raises(InputFormatError, match=f"{url}.*{said}"), RangedFile(url) as file:
        file.read(0, 10, "part")


def test_a_connection_that_breaks_is_tried_again(server: RangeServer) -> None:
    with RangedFile(server.put("a.bw", DATA, cut=2, busy=1)) as file:
        assert file.read(5, 10, "part") == DATA[5:15]


def test_no_such_file_and_no_server(server: RangeServer) -> None:
    with pytest.raises(InputFormatError, match=r"gone\.bw: no such file at the server \(404\)"):
        RangedFile(f"{server.url}/gone.bw")
    with pytest.raises(InputFormatError, match="does not answer"):
        RangedFile("http://127.0.0.1:1/a.bw")


def test_parts_that_come_packed_are_none(server: RangeServer) -> None:
    with RangedFile(server.put("a.bw", DATA, packed=True)) as file:
        assert file.read(5, 10, "part") == DATA[5:15]  # those are sent as they are
    forget()
    url = server.put("b.bw", DATA, packed=True, ranges=False)
    with RangedFile(url) as file, pytest.raises(InputFormatError, match="gives no parts"):
        file.read(5, 10, "part")
