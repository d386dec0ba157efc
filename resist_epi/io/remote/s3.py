"""`s3://bucket/key` as requests over HTTP: where they go, and how they are signed.

Anonymous requests need nothing. Credentials are found, and requests signed (Signature Version 4),
by botocore: environment, profiles, single sign-on and roles of machines alike.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from resist_epi.errors import InputFormatError
from resist_epi.io.optional import optional_library

REGION = "us-east-1"

# Where one of these is set, somebody means to sign.
_HINTS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE")


@dataclass(frozen=True)
class Signer:
    """Credentials and place of a session.

    Attributes
    ----------
    credentials
        As botocore holds them; they renew themselves.
    region
        Of the bucket, unless its answer tells another.
    endpoint
        Of a store that is not Amazon's; empty for theirs.
    """

    credentials: Any
    region: str
    endpoint: str


@cache
def _signer(environment: tuple[tuple[str, str], ...]) -> Signer | None:
    """The signer of the user's environment; None where requests go unsigned."""
    hinted = any(os.environ.get(name) for name in _HINTS)
    try:
        session_of, failures = _botocore("session"), _botocore("exceptions")
    except ImportError:
        if hinted:
            raise
        return None
    session = session_of.Session()
    try:
        credentials = session.get_credentials()
        region = session.get_config_variable("region") or REGION
        endpoint = session.get_scoped_config().get("endpoint_url", "")
    except failures.BotoCoreError as error:
        raise InputFormatError(
            f"credentials for S3 cannot be had ({type(error).__name__}: {error})",
            remedy="look at AWS_PROFILE and ~/.aws",
        ) from None
    return None if credentials is None else Signer(credentials, region, endpoint)


def _botocore(part: str) -> Any:
    return optional_library(f"botocore.{part}", extra="remote", what="signing for S3")


def signer() -> Signer | None:
    """The signer of the user's environment; None where requests go unsigned.

    Raises
    ------
    MissingDependencyError
        If the environment names credentials and botocore is not installed.
    InputFormatError
        If they cannot be had.
    """
    return _signer(tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith("AWS_"))))


def s3_request(
    url: str, method: str, headers: Mapping[str, str], region: str | None = None
) -> tuple[str, dict[str, str]]:
    """Address and headers with which an object is asked for over HTTP.

    Parameters
    ----------
    region
        Of the bucket, where an answer has told it.

    Raises
    ------
    ResistEpiError
        As `signer`.
    """
    parts = urlsplit(url)
    bucket, key = parts.netloc.rpartition("@")[2], quote(parts.path.lstrip("/"), safe="/~")
    own = signer()
    place = region or (own.region if own is not None else os.environ.get("AWS_REGION") or REGION)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    endpoint = (endpoint or (own.endpoint if own is not None else "")).rstrip("/")
    if not endpoint and "." not in bucket:
        target = f"https://{bucket}.s3.{place}.amazonaws.com/{key}"
    else:
        # A dot in a bucket's name is no part of a host that the certificate knows.
        target = f"{endpoint or f'https://s3.{place}.amazonaws.com'}/{bucket}/{key}"
    if own is None:
        return target, dict(headers)
    auth = _botocore("auth")
    asked = _botocore("awsrequest").AWSRequest(method=method, url=target, headers=dict(headers))
    auth.S3SigV4Auth(own.credentials.get_frozen_credentials(), "s3", place).add_auth(asked)
    return target, dict(asked.headers.items())
