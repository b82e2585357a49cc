"""Results brought to each place they were asked for. What fails is told in one line and changes nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from miglint.github import checks, comment, review
from miglint.github.event import Event
from miglint.rest import Client, RestError
from miglint.result import Result

_READ_ONLY = "Resource not accessible by integration"


class Destination(Struct, frozen=True):
    """A place, by the name that a reader knows it by, and how to get there."""

    name: str
    deliver: Callable[[], str]


class Outcome(Struct, frozen=True):
    """What came of one place: what was done, or why it could not be."""

    name: str
    done: str = ""
    failure: str = ""


def destinations(
    client: Client, event: Event, result: Result, *, post: frozenset[str], failed: bool
) -> list[Destination]:
    """The places that this event has."""
    found = []
    pull = event.pull_request
    if pull and "comment" in post:
        found.append(Destination("comment", lambda: comment.deliver(client, event, pull, result)))
    if pull and "review" in post:
        found.append(Destination("review suggestions", lambda: review.deliver(client, event, pull, result)))
    if event.sha and "check" in post:
        found.append(Destination("check run", lambda: checks.deliver(client, event, result, failed=failed)))
    return found


def deliver(places: Iterable[Destination]) -> list[Outcome]:
    """Go to each place; a failure at one does not keep results from the others."""
    return list(_outcomes(places))


def complaint(outcomes: Iterable[Outcome], event: Event) -> str:
    """One line that tells what could not be posted and where the results are instead; empty if all was."""
    failed = [outcome for outcome in outcomes if outcome.failure]
    if not failed:
        return ""
    names = ", ".join(outcome.name for outcome in failed)
    reasons = "; ".join(dict.fromkeys(outcome.failure for outcome in failed))
    if event.pull_request and event.pull_request.fork and all(_READ_ONLY in outcome.failure for outcome in failed):
        reasons = "the token of a fork's pull request may only read"
    return f"not posted: {names} ({reasons}); the results are in the annotations and the job's summary"


def _outcomes(places: Iterable[Destination]) -> Iterator[Outcome]:
    for place in places:
        try:
            yield Outcome(place.name, done=place.deliver())
        except RestError as error:
            yield Outcome(place.name, failure=str(error))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            # An answer that is JSON but not what the API's description says.
            yield Outcome(place.name, failure=f"GitHub's answer was not understood ({type(error).__name__})")
