"""Where a test run keeps its state, decided before Django's settings load (pytest's `-p tests.environment`).

Settings read the environment at import, and pytest-django imports them before any conftest: a plugin named on
the command line is the only place early enough. DATABASE_URL is kept: Django makes a
test database beside it.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.services import Broker, with_database


def _own_var() -> None:
    folder = tempfile.mkdtemp(prefix="agentcollect-test-")
    os.environ["AGENTCOLLECT_VAR"] = folder
    owner = os.getpid()
    # Only the process that made it: forked children run the same exit handlers.
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))


def _own_broker() -> None:
    folder = Path(tempfile.mkdtemp(prefix="agentcollect-broker-"))
    broker = Broker(folder).start()
    os.environ["REDIS_URL"] = broker.url
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and broker.stop())


def _own_database_number() -> None:
    """xdist workers share one server: each takes a database of its own, so that none flushes another's."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker.startswith("gw"):
        number = 1 + int(worker[2:]) % 15
        os.environ["REDIS_URL"] = with_database(os.environ["REDIS_URL"], str(number))


# Secrets are made in var/ even where DATABASE_URL is given; test receivers listen on this machine.
os.environ.setdefault("SECRETS_FROM_VAR", "1")
os.environ.setdefault("EGRESS_ALLOW_LOOPBACK_HTTP", "1")
# xdist's workers inherit what the first process arranged. Never a person's own var/ or REDIS_URL: tests
# empty what they use.
if os.environ.get("AGENTCOLLECT_TESTING") != "1":
    os.environ["AGENTCOLLECT_TESTING"] = "1"
    _own_var()
    if given := os.environ.get("TEST_REDIS_URL"):
        os.environ["REDIS_URL"] = given
    else:
        _own_broker()
_own_database_number()
