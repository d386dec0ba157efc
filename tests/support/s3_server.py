"""A stand-in for a store that speaks S3: buckets by path, signatures checked by the book."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import quote, unquote

from tests.support.range_server import Handler, Served

KEY, SECRET = "AKIDEXAMPLE", "the/secret+key"

FAR = "eu-far-1"  # region of the bucket `far`


def signature(secret: str, method: str, path: str, headers: dict[str, str], scope: str) -> str:
    """Signature Version 4 of a request without a body, step by step as AWS describes it."""
    signed = sorted(h for h in headers if h != "authorization")
    canonical = "\n".join([
        method,
        quote(unquote(path), safe="/~-._"),
        "",
        *(f"{h}:{' '.join(headers[h].split())}" for h in signed),
        "",
        ";".join(signed),
        headers["x-amz-content-sha256"],
    ])  # fmt: skip
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class S3Handler(Handler):
    """`public` is for anybody, every other bucket for the holder of the key."""

    def refused(self, file: Served | None) -> int:
        bucket = self.path.split("/")[1]
        if bucket != "public" and not self._signed():
            return 403
        return super().refused(file)

    def found(self) -> Served | None:
        return self.own.files.get(unquote(self.path))

    def _send(self, status: int, headers: dict[str, str], body: bytes, **how: Any) -> None:
        if self.path.startswith("/far/"):
            headers = {**headers, "x-amz-bucket-region": FAR}
        super()._send(status, headers, body, **how)

    def _signed(self) -> bool:
        said = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\S+), SignedHeaders=(\S+), Signature=(\w+)",
            self.headers.get("Authorization", ""),
        )
        if said is None or said[1] != KEY:
            return False
        if self.path.startswith("/far/") and said[2].split("/")[1] != FAR:
            return False
        own = {name: self.headers.get(name, "") for name in said[3].split(";")}
        return signature(SECRET, self.command, self.path, own, said[2]) == said[4]
