"""Addresses of files elsewhere: what is one, what it is called, and how it is shown."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from resist_epi.errors import InputFormatError, quoted, without_secrets

SCHEMES = ("http", "https", "s3")

_REMOTE = re.compile(r"(?:https?|s3)://", re.IGNORECASE)

_ANY_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)

# A link that is signed anew has other values of these, and is of the same file.
_OF_SIGNATURES = re.compile(
    r"x-(amz|goog)-|signature$|expires$|key-pair-id$|policy$|awsaccesskeyid$|googleaccessid$"
    r"|(access_?)?token$|sig$",
    re.IGNORECASE,
)

_OF_AZURE = {"sv", "sp", "sr", "se", "st", "spr", "skoid", "sktid", "skt", "ske", "sks", "skv"}


def is_remote(path: str | Path) -> bool:
    """Whether a text is the address of a file elsewhere: http, https or s3.

    Examples
    --------
    >>> is_remote("https://host/a.bw"), is_remote("data/a.bw")
    (True, False)
    """
    return isinstance(path, str) and _REMOTE.match(path) is not None


def address_problem(text: str) -> str | None:
    """What is wrong with a cell that looks like an address; None where nothing is.

    Examples
    --------
    >>> address_problem("https://host")
    "'https://host' names no file; expected scheme://host/file"
    """
    found = _ANY_SCHEME.match(text)
    if found is None:
        return None
    if found[1].lower() not in SCHEMES:
        return (
            f"{quoted(shown(text))} is of a kind ({found[1]}://) that is not read; expected a path,"
            " http://, https:// or s3://"
        )
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 (raises where it is no number)
    except ValueError as error:
        return f"{quoted(shown(text))} is no address ({error})"
    if not parts.hostname or parts.path in ("", "/"):
        return f"{quoted(shown(text))} names no file; expected scheme://host/file"
    return None


def shown(url: str) -> str:
    """An address as it may be printed and recorded: without name, password and query."""
    return without_secrets(url.partition("#")[0])


def name_of(url: str) -> str:
    """The file's own name, which stays inside a folder.

    Examples
    --------
    >>> name_of("https://host/a/b%20c.bw?x=1"), name_of("https://host/%2e%2e")
    ('b_c.bw', 'file')
    """
    last = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    return re.sub(r"[^A-Za-z0-9._+-]", "_", last)[-120:].lstrip(".") or "file"


def identity(url: str) -> str:
    """Digest of what names the file: without login, signature and the case of the host.

    Raises
    ------
    InputFormatError
        If it is no address.
    """
    problem = address_problem(url)
    if problem is not None:
        raise InputFormatError(problem)
    parts = urlsplit(url)
    host = parts.hostname if parts.scheme.lower() != "s3" else parts.netloc.rpartition("@")[2]
    port = "" if parts.scheme.lower() == "s3" or parts.port is None else f":{parts.port}"
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    azure = _OF_AZURE if any(k == "sig" for k, _ in pairs) else set()
    kept = [(k, v) for k, v in pairs if not _OF_SIGNATURES.match(k) and k not in azure]
    query = urlencode(kept)
    plain = urlunsplit((parts.scheme.lower(), f"{host}{port}", parts.path, query, ""))
    return hashlib.sha256(plain.encode()).hexdigest()[:32]
