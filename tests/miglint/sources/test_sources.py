"""The package of sources: what it offers under a name is the same whatever was imported before."""

import subprocess
import sys
from os import environ, pathsep

import pytest

ENVIRONMENT = {**environ, "PYTHONPATH": pathsep.join(sys.path)}


@pytest.mark.parametrize("before", ["miglint.sources", "miglint.sources.renderer", "miglint.scope"])
def test_a_submodule_takes_no_functions_name(before: str) -> None:
    script = f"import {before}, miglint.statements; assert callable(miglint.statements.renderer)"
    subprocess.run([sys.executable, "-c", script], env=ENVIRONMENT, check=True, timeout=60)
