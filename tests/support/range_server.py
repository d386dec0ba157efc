"""A server of files on this computer, with every fault of servers, which notes each request."""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any


@dataclass(frozen=True)
class Seen:
    """One request: what was asked, and what was answered.

    Attributes
    ----------
    sent
        Bytes of the body.
    """

    method: str
    path: str
    headers: dict[str, str]
    status: int
    sent: int


@dataclass
class Served:
    """A file, and how its server behaves.

    Attributes
    ----------
    etag
        None for the content's own.
    ranges, head, says_length
        Whether parts, HEAD and lengths are answered.
    cut
        Answers that break off in the middle; each takes one away.
    busy
        Answers of 503 before the first that is none.
    extra
        Bytes by which the length that HEAD says is wrong.
    login
        `Authorization` that is asked for.
    redirect
        Where it is instead.
    packed
        Whole files are sent gzipped and without their length, though HEAD says that of the file.
    drip
        Seconds before each byte of the body.
    """

    data: bytes
    etag: str | None = None
    ranges: bool = True
    head: bool = True
    says_length: bool = True
    cut: int = 0
    busy: int = 0
    extra: int = 0
    login: str = ""
    redirect: str = ""
    packed: bool = False
    drip: float = 0.0

    @property
    def tag(self) -> str:
        return _md5(self.data) if self.etag is None else self.etag


@cache
def _md5(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


@dataclass
class RangeServer:
    """Files by path, and what was asked of them."""

    url: str
    files: dict[str, Served] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def put(self, name: str, data: bytes, **how: Any) -> str:
        """Serve a file; its address."""
        self.files[f"/{name}"] = Served(data, **how)
        return f"{self.url}/{name}"

    def gets(self) -> list[Seen]:
        """Requests for content."""
        return [s for s in self.seen if s.method == "GET"]

    def sent(self) -> int:
        """Bytes of content that left."""
        return sum(s.sent for s in self.seen)


def _range(text: str, size: int) -> tuple[int, int] | None:
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", text)
    if found is None:
        return None
    return int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)


class Handler(BaseHTTPRequestHandler):
    """Answers as the file's record says."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def refused(self, file: Served | None) -> int:
        """Status of an answer without a file; 0 where there is one."""
        if file is None:
            return 404
        if file.busy:
            file.busy -= 1
            return 503
        if file.login and self.headers.get("Authorization") != file.login:
            return 401
        if self.command == "HEAD" and not file.head:
            return 403
        wanted = self.headers.get("If-Match")
        return 412 if wanted is not None and wanted != file.tag else 0

    def found(self) -> Served | None:
        return self.own.files.get(self.path.partition("?")[0])

    @property
    def own(self) -> RangeServer:
        return self.server.own  # type: ignore[attr-defined,no-any-return]

    def _answer(self) -> None:
        file = self.found()
        status = self.refused(file)
        if status or file is None:
            return self._send(status, {}, b"")
        if file.redirect:
            return self._send(302, {"Location": file.redirect}, b"")
        headers = {"ETag": file.tag} if file.tag else {}
        body, status = file.data, 200
        asked = _range(self.headers.get("Range", ""), len(file.data)) if file.ranges else None
        if asked is not None:
            if asked[0] >= asked[1]:
                return self._send(416, {"Content-Range": f"bytes */{len(file.data)}"}, b"")
            body, status = file.data[slice(*asked)], 206
            headers["Content-Range"] = f"bytes {asked[0]}-{asked[1] - 1}/{len(file.data)}"
        cut = self.command == "GET" and file.cut > 0
        file.cut -= cut
        if file.packed and self.command == "GET" and asked is None:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        elif file.says_length:
            headers["Content-Length"] = str(len(body) + file.extra * (self.command == "HEAD"))
        return self._send(status, headers, body, cut=cut, drip=file.drip)

    def _send(
        self,
        status: int,
        headers: dict[str, str],
        body: bytes,
        *,
        cut: bool = False,
        drip: float = 0.0,
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if not body:
            self.send_header("Content-Length", headers.get("Content-Length", "0"))
        self.close_connection = True
        self.send_header("Connection", "close")
        body = b"" if self.command == "HEAD" else body[: len(body) // 2] if cut else body
        asked = {k.lower(): v for k, v in self.headers.items()}
        # Noted before the client can know of it.
        self.own.seen.append(Seen(self.command, self.path, asked, status, len(body)))
        self.end_headers()
        with suppress(OSError):
            for part in (body[i : i + 1] for i in range(len(body))) if drip else [body]:
                time.sleep(drip)
                self.wfile.write(part)


class _Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        """Without looking up this computer's name, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]


@contextmanager
def serving(handler: type[Handler] = Handler) -> Iterator[RangeServer]:
    """A server as long as this lasts."""
    server = _Server(("127.0.0.1", 0), handler)
    own = RangeServer(f"http://127.0.0.1:{server.server_address[1]}")
    server.own = own  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield own
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
