"""Requests: redirects, logins, signed links, and what is never sent to another host."""

from __future__ import annotations

import base64

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.remote.transport import RemoteState, ask, remote_state
from tests.support.range_server import RangeServer, serving

LOGIN = f"Basic {base64.b64encode(b'me:w rd').decode()}"


def test_a_login_is_sent_and_never_shown(server: RangeServer) -> None:
    url = server.put("a.bw", b"abc", login=LOGIN)
    own = url.replace("http://", "http://me:w%20rd@")
    assert remote_state(own).size == 3
    with pytest.raises(InputFormatError, match="404") as found:
        remote_state(own.replace("a.bw", "b.bw"))
    assert "w%20rd" not in str(found.value)
    assert "me:" not in repr(found.value)


def test_a_redirect_keeps_method_and_range_and_loses_the_login_elsewhere(
    server: RangeServer,
) -> None:
    with serving() as other:
        there = other.put("b.bw", b"0123456789")
        url = server.put("a.bw", b"", redirect=there, login=LOGIN)
        own = url.replace("http://", "http://me:w%20rd@")
        assert remote_state(own).size == 10
        with ask(own, {"Range": "bytes=2-4"}) as answer:
            assert answer.status == 206
            assert answer.body.read() == b"234"
        assert [s.method for s in other.seen] == ["HEAD", "GET"]
        assert not any("authorization" in s.headers for s in other.seen)
    same = server.put("c.bw", b"", redirect="/d.bw", login=LOGIN)
    server.put("d.bw", b"abcd", login=LOGIN)
    assert remote_state(same.replace("http://", "http://me:w%20rd@")).size == 4


def test_a_redirect_in_a_circle_ends(server: RangeServer) -> None:
    url = server.put("a.bw", b"", redirect="/a.bw")
    with pytest.raises(InputFormatError, match=r"a\.bw: the server answers 302"):
        remote_state(url)


def test_a_link_for_get_alone_is_asked_for_its_first_byte(server: RangeServer) -> None:
    found = remote_state(server.put("a.bw", b"abc", head=False) + "?X-Amz-Signature=s")
    assert (found.size, found.etag) == (3, server.files["/a.bw"].tag)
    assert server.sent() == 1
    assert remote_state(server.put("b.bw", b"", head=False)).size == 0
    assert remote_state(server.put("c.bw", b"abc", head=False, ranges=False)).size == 3


def test_a_version_is_of_etag_and_size() -> None:
    one = RemoteState("http://h/a", 3, '"1"', "Mon")
    assert one.version == RemoteState("http://other/b", 3, '"1"', "Tue").version
    others = [RemoteState("http://h/a", 4, '"1"', ""), RemoteState("http://h/a", 3, '"2"', "")]
    assert one.version not in {o.version for o in others}
    assert one.unchanged() == {"If-Match": '"1"'}
    assert RemoteState("u", 3, 'W/"1"', "Mon").unchanged() == {"If-Unmodified-Since": "Mon"}
    assert not RemoteState("u", 3, "", "").known
