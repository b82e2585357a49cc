import os
import subprocess

from miglint.github.credentials import credentials


def effective(environment: dict[str, str], url: str) -> list[str]:
    done = subprocess.run(
        ["git", "config", "--get-urlmatch", "http.extraheader", url],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
    )
    return done.stdout.split("\n")[:-1]


def test_git_sends_the_token_to_the_server_alone() -> None:
    variables = credentials("ghs_x", {"GITHUB_SERVER_URL": "https://git.acme.example"})
    assert effective(variables, "https://git.acme.example/acme/shop") == [
        "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2hzX3g="
    ]
    assert effective(variables, "https://evil.example/acme/shop") == []


def test_what_the_environment_configures_already_stays() -> None:
    before = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Ada"}
    variables = before | credentials("ghs_x", before)
    assert variables["GIT_CONFIG_COUNT"] == "3"
    assert variables["GIT_CONFIG_VALUE_0"] == "Ada"
