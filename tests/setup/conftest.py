"""A stand-in product: the real supervisor, broker, granian and Celery around trivial code.

It lives in a path with spaces, so that every test here is also a test of that.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, RunningProduct

_MANAGE = """
import json, os, sys
from agentcollect import embedded
broker = embedded.read_json("broker.json")["url"]
if sys.argv[1] == os.environ.get("STAND_IN_FAILS"):
    sys.exit("the stand-in fails at " + sys.argv[1])
if sys.argv[1] == "bootstrap":
    key = "sk_test_" + "a" * 46
    login = {"email": "demo@example.com", "password": "secret"}
    address = embedded.read_json("run.json")["base_url"]
    print(json.dumps({"base_url": address, "api_key": key, "dashboard": login}))
"""
_WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]
"""
_CELERY = """
import os
from celery import Celery
from agentcollect import embedded
if os.environ.get("STAND_IN_FAILS") == "celery":
    raise SystemExit("the stand-in's Celery fails")
app = Celery("stand-in", broker=embedded.read_json("broker.json")["url"])
"""


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a copy with a space in its path."""
    root = tmp_path_factory.mktemp("a path with spaces") / "agent collect"
    package = root / "agentcollect"
    shutil.copytree(ROOT / "agentcollect" / "supervisor", package / "supervisor")
    for name in ("__init__.py", "embedded.py"):
        shutil.copy(ROOT / "agentcollect" / name, package / name)
    for name in ("requirements.txt", "requirements-dev.txt", "tools.txt", "Makefile"):
        shutil.copy(ROOT / name, root / name)
    (root / "manage.py").write_text(_MANAGE)
    (package / "wsgi.py").write_text(_WSGI)
    (package / "celery.py").write_text(_CELERY)
    return root


@pytest.fixture
def product(stand_in: Path) -> Iterator[RunningProduct]:
    """A stand-in that is not started yet, and leaves nothing behind."""
    product = RunningProduct(root=stand_in, database_url="")
    yield product
    product.close()
