"""The token for `git fetch`, in the environment only: neither in a file nor on a command line."""

from __future__ import annotations

import base64
from collections.abc import Mapping


def credentials(token: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that make git send the token to this GitHub server and to no other.

    An empty value first: GitHub refuses a request that has the header twice, once from actions/checkout.
    """
    server = environment.get("GITHUB_SERVER_URL") or "https://github.com"
    key = f"http.{server.rstrip('/')}/.extraheader"
    header = f"AUTHORIZATION: basic {base64.b64encode(f'x-access-token:{token}'.encode()).decode()}"
    given = environment.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    return {
        "GIT_CONFIG_COUNT": str(first + 2),
        f"GIT_CONFIG_KEY_{first}": key,
        f"GIT_CONFIG_VALUE_{first}": "",
        f"GIT_CONFIG_KEY_{first + 1}": key,
        f"GIT_CONFIG_VALUE_{first + 1}": header,
    }
