"""The commands of the authentication guide, with real curl, top to bottom in one shell, as a reader pastes them."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts import queries, rules
from tests import factories

GUIDE = "docs/guides/authentication.md"
HOST = "https://api.agentcollect.com"
_SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BLANK = re.compile(r'^export \w+="\w+_\.\.\."$', re.MULTILINE)


def guide() -> str:
    return (Path(settings.BASE_DIR) / GUIDE).read_text()


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_commands_work_as_printed(live_server: Any, empty_redis: None) -> None:
    organisation = factories.organisation()
    key = factories.api_key(organisation)
    found = queries.key_by_text(key)
    assert found
    commands = "\n".join(_SHELL.findall(guide()))
    assert len(_BLANK.findall(commands)) == 2
    script = 'set -eo pipefail; curl() { command curl -sS --fail-with-body --noproxy "*" "$@"; echo; }\n'
    script += _BLANK.sub("", commands).replace(HOST, live_server.url)
    known = {"AGENTCOLLECT_KEY": key, "AGENTCOLLECT_CLIENT_ID": found.id}
    ran = subprocess.run(["bash", "-c", script], env=os.environ | known, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count('"access_token"') == 2
    assert '"active":true' in ran.stdout
    assert '"effective_within":0' in ran.stdout
    found.organisation.refresh_from_db()
    assert found.organisation.test_paused_at is None


def test_the_table_has_every_scope() -> None:
    table = guide().split("## Scopes")[1].split("\n## ")[0]
    assert set(re.findall(r"`(\w+:\w+)`", table)) == set(rules.SCOPES)
