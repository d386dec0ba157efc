"""Requests for files elsewhere, over HTTP(S) and S3: one way to ask, one error for each answer."""

from __future__ import annotations

import base64
import hashlib
import http.client
import logging
import ssl
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import cache
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from resist_epi.errors import InputFormatError
from resist_epi.io.remote.address import shown
from resist_epi.io.remote.s3 import s3_request
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)

TIMEOUT = 60.0  # seconds without a byte

TRIES = 5  # of a request that was cut off, or that a busy server put off

PAUSE = 0.5  # seconds before the second try; twice as long before each further one

_BUSY = {408, 429, 500, 502, 503, 504}

# What broken connections raise while an answer is read.
BROKEN = (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError)


class NoAnswerError(InputFormatError):
    """The server could not be reached at all."""


@dataclass(frozen=True)
class RemoteState:
    """What a server says of a file without sending it.

    Attributes
    ----------
    size
        Bytes; None where it does not say.
    etag
        With its quotes; empty where there is none.
    modified
        `Last-Modified`, as it stands; empty where there is none.
    encoding
        `Content-Encoding` in which a store keeps the file; empty where there is none.
    """

    url: str
    size: int | None
    etag: str
    modified: str
    encoding: str = ""

    @property
    def version(self) -> str:
        """Digest of what changes with the content; the time counts where there is no ETag."""
        text = f"{self.etag or self.modified}\n{self.size}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def known(self) -> bool:
        """Whether another content would be noticed."""
        return bool(self.etag or self.modified)

    def unchanged(self) -> dict[str, str]:
        """Headers by which the server answers for this content alone."""
        if self.etag and not self.etag.startswith("W/"):  # a weak one never matches
            return {"If-Match": self.etag}
        return {"If-Unmodified-Since": self.modified} if self.modified else {}

    def is_of(self, answer: Answer) -> bool:
        """Whether an answer is of this content, as far as it tells."""
        etag = answer.headers.get("ETag", "")
        return not (etag and self.etag) or etag == self.etag

    def refuse_packed(self, answer: Answer) -> None:
        """Raise the error of an answer whose bytes are not the file's, as packed for the way.

        Raises
        ------
        InputFormatError
            With the encoding and the remedy.
        """
        encoding = _encoding(answer)
        if encoding != self.encoding:
            raise InputFormatError(
                f"the server sends it packed (Content-Encoding: {encoding or 'none'}), though it"
                " was asked for the file as it is",
                path=self.url,
                expected=f"Content-Encoding: {self.encoding or 'none'}",
                remedy="download it by curl --compressed, and name the copy",
            )


@dataclass(frozen=True)
class Answer:
    """Status, headers, and the body to be read."""

    status: int
    headers: Message
    body: IO[bytes]


@contextmanager
def ask(
    url: str, headers: Mapping[str, str] | None = None, *, method: str = "GET"
) -> Iterator[Answer]:
    """Send a request, again where the server is busy, and give its answer, whatever its status.

    Raises
    ------
    NoAnswerError
        If no server answers.
    InputFormatError
        If the address cannot be asked, or leads where it must not.
    """
    answer = _ask(url, {} if headers is None else headers, method)
    try:
        yield answer
    finally:
        answer.body.close()


def refuse(url: str, status: int) -> None:
    """Raise the error of an answer that is none of the file; of others nothing.

    Raises
    ------
    InputFormatError
        With the status, what it means and the remedy.
    """
    if 200 <= status < 300:
        return
    problem, remedy = f"the server answers {status}", "try again later"
    if status in (404, 410):
        problem, remedy = f"no such file at the server ({status})", "correct the address"
    elif status in (401, 403):
        problem = f"the server gives no access ({status})"
        remedy = "take a link that is signed anew, or write NAME:PASSWORD@ before the host"
        if url.lower().startswith("s3:"):
            remedy = (
                "give credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE) and"
                " install pip install 'resist_epi[remote]'; or correct the address"
            )
    elif status not in _BUSY:
        remedy = "look at the address in a browser"
    raise InputFormatError(problem, path=url, expected="the file", remedy=remedy)


def remote_state(url: str) -> RemoteState:
    """What a server says of a file, by HEAD; by its first byte where HEAD is refused.

    Signed links are often for GET alone.

    Raises
    ------
    InputFormatError
        If there is no such file, or no answer.
    """
    with ask(url, method="HEAD") as answer:
        if 200 <= answer.status < 300:
            return _state(url, answer, answer.headers.get("Content-Length"))
        if answer.status in (404, 410):
            refuse(url, answer.status)
    with ask(url, {"Range": "bytes=0-0"}) as answer:
        if answer.status == 416:  # an empty file has no first byte
            return _state(url, answer, "0")
        refuse(url, answer.status)
        whole = answer.headers.get("Content-Length")
        if answer.status == 206:
            whole = answer.headers.get("Content-Range", "").rpartition("/")[2]
        return _state(url, answer, whole)


def pause(attempt: int, asked: str | None = None) -> None:
    """Wait before a further try.

    Parameters
    ----------
    attempt
        0 before the second.
    asked
        `Retry-After` in seconds, where the server asked for it.
    """
    wait = PAUSE * 2**attempt
    if asked is not None and asked.isdigit() and PAUSE:
        wait = max(wait, min(float(asked), TIMEOUT))
    time.sleep(wait)


def _state(url: str, answer: Answer, size: str | None) -> RemoteState:
    return RemoteState(
        url,
        int(size) if size is not None and size.isdigit() else None,
        answer.headers.get("ETag", ""),
        answer.headers.get("Last-Modified", ""),
        _encoding(answer),
    )


def _encoding(answer: Answer) -> str:
    said = answer.headers.get("Content-Encoding", "").strip().lower()
    return "" if said == "identity" else said


def _ask(url: str, headers: Mapping[str, str], method: str) -> Answer:
    region: str | None = None
    for attempt in range(TRIES):
        last = attempt == TRIES - 1
        try:
            answer = _send(url, headers, method, region)
        except URLError as error:
            reason = getattr(error.reason, "strerror", None) or str(error.reason)
            if last or not isinstance(error.reason, (ConnectionError, TimeoutError)):
                raise _no_answer(url, reason) from None
            pause(attempt)
            continue
        except BROKEN as error:
            if isinstance(error, http.client.InvalidURL):
                raise InputFormatError("no address", path=url, remedy="correct it") from None
            if last:
                raise _no_answer(url, str(error) or type(error).__name__) from None
            pause(attempt)
            continue
        told = answer.headers.get("x-amz-bucket-region")
        elsewhere = url.lower().startswith("s3:") and answer.status in (301, 307, 400, 403)
        if elsewhere and region is None and told:
            region = told
            answer.body.close()
            continue
        if answer.status not in _BUSY or last:
            return answer
        logger.debug("%s: status %d, asked again", shown(url), answer.status)
        answer.body.close()
        pause(attempt, answer.headers.get("Retry-After"))
    raise AssertionError  # the last try returns or raises


def _no_answer(url: str, reason: str) -> NoAnswerError:
    return NoAnswerError(
        f"the server does not answer ({reason})",
        path=url,
        remedy="look at the address and the network, and try again",
    )


def _send(url: str, headers: Mapping[str, str], method: str, region: str | None) -> Answer:
    of_s3 = url.lower().startswith("s3:")
    asked = {"User-Agent": f"resist_epi/{VERSION}", "Accept-Encoding": "identity", **headers}
    if of_s3:
        target, asked = s3_request(url, method, asked, region)
    else:
        target, login = _without_login(url)
        asked |= login
    request = urllib.request.Request(target, method=method)
    for name, value in asked.items():
        # Of these a redirect to another host must not see the login, nor a signature.
        add = request.add_header if name in _TO_ANYONE else request.add_unredirected_header
        add(name, value)
    try:
        found = _opener(follow=not of_s3).open(request, timeout=TIMEOUT)
    except HTTPError as error:
        return Answer(error.code, error.headers, error)
    return Answer(found.status, found.headers, found)


_TO_ANYONE = {
    "User-Agent", "Accept-Encoding", "Range", "If-Match", "If-Unmodified-Since"
}  # fmt: skip


def _without_login(url: str) -> tuple[str, dict[str, str]]:
    """The address without name and password, and these as a header."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    safe = "%/:=&?~+!$,;'@()*[]"
    path, query = quote(parts.path, safe=safe), quote(parts.query, safe=safe)
    target = urlunsplit((parts.scheme.lower(), host, path, query, ""))
    if not at:
        return target, {}
    code = base64.b64encode(unquote(login).encode()).decode()
    return target, {"Authorization": f"Basic {code}"}


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects that keep the method, and the login on the same host; never from https to http."""

    max_redirections = 5

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.type == "https" and not newurl.lower().startswith("https:"):
            raise URLError("it leads from https to an address that is not encrypted")
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new is not None:
            new.method = req.get_method()
            login = req.unredirected_hdrs.get("Authorization")
            if login and new.host == req.host:
                new.add_unredirected_header("Authorization", login)
        return new


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A signature is for one host, so a store's redirects are answered by `_ask`."""

    def redirect_request(self, *_: object) -> None:
        return None


@cache
def _opener(*, follow: bool) -> urllib.request.OpenerDirector:
    """Of http and https alone, through the proxies that the environment names."""
    return urllib.request.build_opener(_Redirects() if follow else _NoRedirects())
