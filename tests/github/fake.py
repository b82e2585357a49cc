"""A stateful GitHub on loopback. Every request and every answer is held against GitHub's own OpenAPI description.

On top of that it refuses what the real one refuses and the description does not say: bodies that are too long, a
conclusion without `completed`, more than 50 annotations, review comments outside of the diff, writing with a token that
may only read. Faults can be ordered for requests to come.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.responses.exceptions import ResponseNotFound
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.github.shapes import (
    APP,
    NOW,
    REPOSITORY,
    bot,
    check_run,
    check_run_problem,
    fixture,
    hunks,
    review,
    review_comment,
)

TOKEN = "ghs_" + "not" + "secret" * 5


@cache
def description() -> OpenAPI:
    return OpenAPI.from_dict(fixture("openapi"))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Call:
    """A request as openapi-core wants it, and an answer."""

    verb: str
    path: str
    query: Mapping[str, list[str]]
    header: Headers
    body: bytes
    host_url: str = ""

    @property
    def method(self) -> str:
        return self.verb.lower()

    @property
    def content_type(self) -> str:
        return self.header.get("Content-Type", "")

    @cached_property
    def parameters(self) -> RequestParameters:
        """One object: openapi-core notes in it what it found in the path."""
        query = ImmutableMultiDict([(key, value) for key, values in self.query.items() for value in values])
        return RequestParameters(query=query, header=self.header, cookie=ImmutableMultiDict())

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True)
class Answer:
    status_code: int
    payload: Any
    extra: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @property
    def data(self) -> bytes:
        return json.dumps(self.payload).encode()

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Content-Type": self.content_type, **self.extra}


UNDESCRIBED = {
    ("", "", 401): "https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api",
    ("", "", 403): "https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api"
    "#resource-not-accessible; also for a check run of another app",
    ("", "", 404): "https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api"
    "#404-not-found-for-an-existing-resource",
    ("POST", "/check-runs", 422): "https://docs.github.com/en/rest/checks/runs#create-a-check-run says what is required"
    " and the limit of 50 annotations; the general page on troubleshooting, that what is invalid is answered so",
    ("PATCH", r"/check-runs/\d+", 422): "as for creating one",
    ("POST", "/statuses/[0-9a-f]+", 422): "https://docs.github.com/en/rest/commits/statuses#create-a-commit-status;"
    " that a description has 140 characters at most is seen from GitHub's answers only",
}
"""Refusals whose status GitHub's description leaves out, by verb and path (empty: any), and where they come from."""


def is_declared(call: Call, status: int) -> bool:
    path = call.path.removeprefix(f"/repos/{REPOSITORY}")
    return any(
        status == known and verb in {"", call.verb} and (not pattern or re.fullmatch(pattern, path))
        for verb, pattern, known in UNDESCRIBED
    )


@dataclass
class Fault:
    """What to do instead of answering, to the next `times` requests that match."""

    kind: str
    """A status code, or `drop`, `slow`, `trickle`, `truncate`, `garbage`."""
    pattern: str = ""
    times: int = 1_000
    headers: Mapping[str, str] = field(default_factory=dict)
    after: int = 0
    """How many matching requests to answer before."""


def refusal(status: int, message: str) -> Answer:
    return Answer(
        status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    )


class Fake:
    """What a server that is stood in for gets and is to do wrong."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.lock = threading.Lock()
        self.ids = iter(range(1, 1_000_000))
        self.url = ""

    def fail(self, kind: str | int, pattern: str = "", **others: Any) -> None:
        self.faults.append(Fault(str(kind), pattern, **others))

    def answer(self, call: Call) -> Answer:
        raise NotImplementedError

    def fault_for(self, call: Call) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.pattern, f"{call.verb} {call.path}"):
                    if fault.after:
                        fault.after -= 1
                        continue
                    fault.times -= 1
                    self.calls.append(call)
                    return fault
        return None


class FakeGitHub(Fake):
    """The state, and how each route changes it."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = True
        self.pulls: dict[int, dict[str, Any]] = {}
        self.files: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.comments: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.review_comments: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.check_runs: dict[int, dict[str, Any]] = {}
        self.annotations: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.statuses: dict[str, list[dict[str, Any]]] = defaultdict(list)

    # what a test sets up

    def open_pull_request(
        self, number: int, *, sha: str, base: str = "main", fork: bool = False, ref: str = "topic"
    ) -> None:
        pull = copy.deepcopy(fixture("pull_request.opened")["pull_request"])
        pull |= {
            "number": number,
            "state": "open",
            "auto_merge": None,
            "html_url": f"https://github.com/{REPOSITORY}/pull/{number}",
        }
        pull["head"] |= {"sha": sha, "ref": ref}
        pull["base"] |= {"ref": base}
        pull["head"]["repo"]["full_name"] = "stranger/shop" if fork else REPOSITORY
        pull["base"]["repo"]["full_name"] = REPOSITORY
        self.pulls[number] = pull

    def called(self, verb: str) -> list[Call]:
        return [call for call in self.calls if call.verb == verb]

    # how a call is answered

    def answer(self, call: Call) -> Answer:
        with self.lock:
            self.calls.append(call)
            try:
                description().validate_request(call)
            except Exception as error:  # openapi-core has no common parent for these
                self.violations.append(f"{call.verb} {call.path}: {error!r} {error.__cause__!r}")
            answer = self._route(call)
            try:
                description().validate_response(call, answer)
            except ResponseNotFound:
                if not is_declared(call, answer.status_code):
                    self.violations.append(f"nothing says that {call.verb} {call.path} answers {answer.status_code}")
            except Exception as error:
                self.violations.append(f"the fake's own answer to {call.verb} {call.path}: {error.__cause__!r}")
            return answer

    def _route(self, call: Call) -> Answer:
        if call.header.get("Authorization") != f"Bearer {TOKEN}":
            return refusal(401, "Bad credentials")
        if call.verb != "GET" and not self.may_write:
            return refusal(403, "Resource not accessible by integration")
        for (verb, pattern), handler in self.routes().items():
            found = re.fullmatch(f"/repos/{REPOSITORY}{pattern}", call.path)
            if found and verb == call.verb:
                return handler(call, *found.groups())
        return refusal(404, "Not Found")

    def routes(self) -> dict[tuple[str, str], Callable[..., Answer]]:
        return {
            ("GET", r"/issues/(\d+)/comments"): lambda call, n: page(call, self.comments[int(n)]),
            ("POST", r"/issues/(\d+)/comments"): self.create_comment,
            ("PATCH", r"/issues/comments/(\d+)"): self.edit_comment,
            ("GET", r"/pulls"): self.list_pulls,
            ("GET", r"/commits/([0-9a-f]+)/pulls"): self.pulls_of_commit,
            ("GET", r"/pulls/(\d+)/files"): lambda call, n: page(call, self.files[int(n)]),
            ("GET", r"/pulls/(\d+)/comments"): lambda call, n: page(call, self.review_comments[int(n)]),
            ("POST", r"/pulls/(\d+)/reviews"): self.create_review,
            ("POST", r"/check-runs"): self.create_check_run,
            ("PATCH", r"/check-runs/(\d+)"): self.update_check_run,
            ("GET", r"/commits/([0-9a-f]+)/check-runs"): self.list_check_runs,
            ("GET", r"/check-runs/(\d+)/annotations"): self.list_annotations,
            ("POST", r"/statuses/([0-9a-f]+)"): self.create_status,
            ("GET", r"/commits/([0-9a-f]+)/statuses"): lambda call, sha: page(call, self.statuses[sha][::-1]),
        }

    def create_comment(self, call: Call, number: str) -> Answer:
        if int(number) not in self.pulls:
            return refusal(404, "Not Found")
        if len(call.json["body"]) > 65_536:
            return refusal(422, "Validation Failed")
        identity = next(self.ids)
        comment = {
            "id": identity,
            "node_id": "IC",
            "url": f"https://api.github.com/repos/{REPOSITORY}/issues/comments/{identity}",
            "html_url": f"https://github.com/{REPOSITORY}/pull/{number}#issuecomment-{identity}",
            "issue_url": f"https://api.github.com/repos/{REPOSITORY}/issues/{number}",
            "body": call.json["body"],
            "user": bot(),
            "created_at": NOW,
            "updated_at": NOW,
            "author_association": "NONE",
            "performed_via_github_app": None,
        }
        self.comments[int(number)].append(comment)
        return Answer(201, comment, {"Location": comment["url"]})

    def edit_comment(self, call: Call, identity: str) -> Answer:
        if len(call.json["body"]) > 65_536:
            return refusal(422, "Validation Failed")
        for comment in (comment for comments in self.comments.values() for comment in comments):
            if comment["id"] == int(identity):
                comment["body"] = call.json["body"]
                return Answer(200, comment)
        return refusal(404, "Not Found")

    def list_pulls(self, call: Call) -> Answer:
        base = call.query.get("base", [""])[0]
        return page(call, [pull for pull in self.pulls.values() if base in {"", pull["base"]["ref"]}])

    def pulls_of_commit(self, call: Call, sha: str) -> Answer:
        """GitHub associates commits of this repository only."""
        own = [pull for pull in self.pulls.values() if pull["head"]["repo"]["full_name"] == REPOSITORY]
        return page(call, [pull for pull in own if pull["head"]["sha"] == sha])

    def create_review(self, call: Call, number: str) -> Answer:
        patches = {file["filename"]: file.get("patch", "") for file in self.files[int(number)]}
        for comment in call.json["comments"]:
            first, last = comment.get("start_line", comment["line"]), comment["line"]
            if not any(first in hunk and last in hunk for hunk in hunks(patches.get(comment["path"], ""))):
                return refusal(422, "Unprocessable Entity: line must be part of the diff")
        for comment in call.json["comments"]:
            self.review_comments[int(number)].append(review_comment(next(self.ids), number, comment))
        return Answer(200, review(next(self.ids), number))

    def create_check_run(self, call: Call) -> Answer:
        problem = check_run_problem(call.json)
        if problem:
            return refusal(422, problem)
        identity = next(self.ids)
        self.annotations[identity] = list(call.json["output"].get("annotations", []))
        self.check_runs[identity] = check_run(identity, call.json, len(self.annotations[identity]))
        return Answer(201, self.check_runs[identity])

    def update_check_run(self, call: Call, identity: str) -> Answer:
        problem = check_run_problem({"name": "", "head_sha": "", **call.json})
        if problem or int(identity) not in self.check_runs:
            return refusal(422, problem) if problem else refusal(404, "Not Found")
        run = self.check_runs[int(identity)]
        if run["app"]["slug"] != APP:
            return refusal(403, "Invalid app_id - check run can only be modified by the GitHub App that created it.")
        self.annotations[int(identity)] += call.json["output"].get("annotations", [])
        for key in ("status", "conclusion"):
            run[key] = call.json.get(key, run[key])
        run["output"] |= {key: call.json["output"][key] for key in ("title", "summary")}
        run["output"]["annotations_count"] = len(self.annotations[int(identity)])
        return Answer(200, run)

    def list_check_runs(self, call: Call, sha: str) -> Answer:
        """Those of a name; GitHub leaves out all but the latest of each suite unless it is asked not to."""
        name = call.query.get("check_name", [""])[0]
        runs = [run for run in self.check_runs.values() if run["head_sha"] == sha and name in {"", run["name"]}]
        return Answer(200, {"total_count": len(runs), "check_runs": runs[:100]})

    def list_annotations(self, call: Call, identity: str) -> Answer:
        none = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
        own = {**none, "blob_href": "https://github.com/x"}
        return page(call, [own | annotation for annotation in self.annotations[int(identity)]])

    def create_status(self, call: Call, sha: str) -> Answer:
        body = call.json
        if len(body.get("description", "")) > 140:
            return refusal(422, "Validation Failed")
        status = {
            "id": next(self.ids),
            "node_id": "S",
            "url": f"https://api.github.com/repos/{REPOSITORY}/statuses/{sha}",
            "avatar_url": None,
            "state": body["state"],
            "description": body.get("description"),
            "target_url": body.get("target_url"),
            "context": body.get("context", "default"),
            "created_at": NOW,
            "updated_at": NOW,
            "creator": bot(),
        }
        self.statuses[sha].append(status)
        return Answer(201, status, {"Location": status["url"]})


def page(call: Call, entries: list[dict[str, Any]]) -> Answer:
    size = min(int(call.query.get("per_page", ["30"])[0]), 100)
    number = int(call.query.get("page", ["1"])[0])
    part = entries[(number - 1) * size : number * size]
    more = number * size < len(entries)
    return Answer(
        200, part, {"Link": f'<https://api.github.com{call.path}?page={number + 1}>; rel="next"'} if more else {}
    )


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for a fake; unlike a real server it can misbehave to order."""

    protocol_version = "HTTP/1.1"
    fake: Fake

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = Call(self.command, parts.path, parse_qs(parts.query), Headers(self.headers.items()), body, self.fake.url)
        fault = self.fake.fault_for(call)
        if fault is None:
            self.reply(self.fake.answer(call))
        else:
            self.misbehave(fault)

    do_POST = do_PATCH = do_PUT = do_GET

    def reply(self, answer: Answer, *, length: int | None = None) -> None:
        self.send_response(answer.status_code)
        for name, value in {**answer.headers, "Content-Length": str(length or len(answer.data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.data)

    def misbehave(self, fault: Fault) -> None:
        self.close_connection = True
        match fault.kind:
            case "drop":
                self.connection.shutdown(socket.SHUT_RDWR)
            case "slow":
                time.sleep(1.5)
            case "trickle":
                self.reply(Answer(200, "x" * 10), length=100)
                with contextlib.suppress(OSError):
                    for _ in range(10):
                        self.wfile.write(b" ")
                        time.sleep(0.2)
            case "truncate":
                self.reply(Answer(200, []), length=100)
            case "garbage":
                self.send_response(200)
                self.send_header("Content-Length", "6")
                self.end_headers()
                self.wfile.write(b"<html>")
            case status:
                refused = refusal(int(status), "ordered by the test\n::error::pwned")
                self.reply(Answer(refused.status_code, refused.payload, fault.headers))

    def log_message(self, *arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Waits for no thread that still talks to a client that has left."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *arguments: object) -> None:
        """A client that hangs up is no error."""


@contextlib.contextmanager
def serving() -> Iterator[FakeGitHub]:
    github = FakeGitHub()
    with served(github):
        yield github


@contextlib.contextmanager
def served(fake: Fake) -> Iterator[None]:
    """Lets a fake be talked to, at its `url`."""
    handler = type("Bound", (Handler,), {"fake": fake})
    server = Server(("127.0.0.1", 0), handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
