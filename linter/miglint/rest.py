"""A small client of a forge's REST API: bounded in requests, time and size, and silent about its token.

Why not a library: importing httpx takes 170 ms, urllib.request 40 ms, and a run makes a handful of requests.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from miglint import __version__, escape
from miglint.errors import MiglintError

PER_PAGE = 100
_ATTEMPTS = 3
_RESPONSE_BYTES = 20_000_000
_CHUNK = 1 << 16
_DROPPED = (TimeoutError, ConnectionError, http.client.HTTPException, urllib.error.URLError, OSError)


class RestError(Exception):
    """A request that did not succeed: one line, without anything secret."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class Response(Struct, frozen=True):
    """A parsed answer, and whether the server has another page."""

    data: Any
    more: bool = False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects would carry the token to wherever they point."""

    def redirect_request(self, *arguments: object) -> None:
        return None


class Service(Struct, frozen=True):
    """Whose API it is: what a reader calls it, the variable that names its address, and the headers it asks for."""

    name: str
    variable: str
    headers: Mapping[str, str]
    authorization: tuple[str, str]
    """The header that carries the token, and what stands before the token in it."""


@dataclass(slots=True)
class Client:
    """Requests to one API. `patience` is how many seconds all requests together may take, waiting included."""

    service: Service
    api_url: str
    token: str = field(default="", repr=False)
    timeout: float = 10.0
    patience: float = 120.0
    requests: int = 500
    """How many requests may still be made."""
    sleep: Callable[[float], None] = time.sleep
    _deadline: float = field(init=False)
    _opener: urllib.request.OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        if urlsplit(self.api_url).scheme not in {"https", "http"} or not self.api_url.isprintable():
            raise MiglintError(f"{self.service.variable} is not an http or https address")
        if not (self.token.isascii() and self.token.isprintable()):
            raise MiglintError(f"the {self.service.name} token holds characters that no token has")
        self._deadline = time.monotonic() + self.patience
        self._opener = urllib.request.build_opener(_NoRedirect)

    def get(self, path: str, **query: str | int) -> Response:
        """Ask for a resource; tried again after failures that may pass."""
        address = f"{path}?{urlencode(query)}" if query else path
        return self._send("GET", address, None, repeatable=True)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Create something. A dropped connection is not tried again: it may have been created."""
        return self._send("POST", path, body, repeatable=False).data

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Make something what it shall be."""
        return self._send("PUT", path, body, repeatable=True).data

    def patch(self, path: str, body: Mapping[str, Any], *, repeatable: bool = True) -> Any:
        """Change something to what it shall be."""
        return self._send("PATCH", path, body, repeatable=repeatable).data

    def pages(self, path: str, *, limit: int, **query: str | int) -> Iterator[dict[str, Any]]:
        """The objects of a list, page after page, `limit` pages at most."""
        for number in range(1, limit + 1):
            response = self.get(path, **query, per_page=PER_PAGE, page=number)
            if not isinstance(response.data, list):
                raise RestError(f"{self.service.name} answered {_shown(path)} with something that is no list")
            yield from (entry for entry in response.data if isinstance(entry, dict))
            if not response.more:
                return

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None, *, repeatable: bool) -> Response:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._try(method, path, body)
            except urllib.error.HTTPError as error:
                with error:
                    wait = _wait_before_retry(error, attempt, repeatable=repeatable)
                    failure = _failure(error, method, path)
            except _DROPPED as error:
                failure = RestError(f"{method} {_shown(path)}: {_cause(error)}")
                wait = float(attempt) if repeatable else None
            if wait is None or attempt == _ATTEMPTS or time.monotonic() + wait > self._deadline:
                raise failure
            self.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _try(self, method: str, path: str, body: Mapping[str, Any] | None) -> Response:
        if self.requests <= 0:
            raise RestError(f"the limit of requests to {self.service.name} is reached")
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise RestError(f"{self.service.name} took more than {self.patience:.0f} seconds in all")
        self.requests -= 1
        request = urllib.request.Request(f"{self.api_url.rstrip('/')}{path}", method=method)  # noqa: S310 (checked above)
        for name, value in self.service.headers.items():
            request.add_header(name, value)
        request.add_header("User-Agent", f"miglint/{__version__}")
        if self.token:
            header, before = self.service.authorization
            request.add_unredirected_header(header, f"{before}{self.token}")
        if body is not None:
            request.data = json.dumps(escape.plain(body)).encode()
            request.add_header("Content-Type", "application/json")
        with self._opener.open(request, timeout=min(self.timeout, left)) as response:
            return self._parsed(self._read(response), response.headers.get("Link", ""), path)

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        """The body, bounded in size and time: a server that sends a byte now and then trips no socket timeout."""
        started, content = time.monotonic(), bytearray()
        while chunk := response.read1(_CHUNK):
            content += chunk
            if len(content) > _RESPONSE_BYTES:
                raise RestError(f"{self.service.name}'s answer is too large")
            if time.monotonic() - started > self.timeout:
                raise TimeoutError
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        return bytes(content)

    def _parsed(self, content: bytes, link: str, path: str) -> Response:
        try:
            data = json.loads(content) if content else None
        except (ValueError, RecursionError):
            raise RestError(f"{self.service.name} answered {_shown(path)} with something that is not JSON") from None
        return Response(data, 'rel="next"' in link)


def _wait_before_retry(error: urllib.error.HTTPError, attempt: int, *, repeatable: bool) -> float | None:
    """Seconds to wait, as the server asks where it does; None if trying again is of no use.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    after = error.headers.get("Retry-After", "")
    if error.code == 429 or (error.code == 403 and after):
        return float(after) if after.isdecimal() else float(attempt)
    if error.code >= 500 and repeatable:
        return float(after) if after.isdecimal() else float(attempt)
    return None


def _failure(error: urllib.error.HTTPError, method: str, path: str) -> RestError:
    try:
        answer = json.loads(error.read(_CHUNK))
        message = answer.get("message") or answer["error"]
    except (*_DROPPED, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        message = error.reason
    return RestError(f"{method} {_shown(path)}: {error.code} {escape.line(str(message), 200)}", error.code)


def _cause(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    return f"the connection failed ({type(reason).__name__})"


def _shown(path: str) -> str:
    return escape.line(path.partition("?")[0], 200)
