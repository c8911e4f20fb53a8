"""The Python client and its command: its own suite, run against the product that runs here.

In a process of its own, because the client's package and the server's frame have the same name.
"""

import os
import subprocess
import sys

import pytest

from tests.journeys.world import Tenant
from tests.processes import ROOT

pytestmark = pytest.mark.processes
CLIENT = ROOT / "clients" / "python"


def run(*words: str, **env: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
    done = subprocess.run(
        [sys.executable, *words], cwd=CLIENT, env=kept | env, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_clients_own_suite(programmer: Tenant) -> None:
    said = run(
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        AGENTCOLLECT_API_KEY=programmer.test_key,
        AGENTCOLLECT_BASE_URL=programmer.base_url,
    )
    assert " passed" in said and "skipped" not in said, said


def test_the_synchronous_half_is_what_the_asynchronous_one_says() -> None:
    run("scripts/unasync.py", "--check")
