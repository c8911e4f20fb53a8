"""What `make run` promises: one line on failure, nothing left after a stop, a clean start after kill -9."""

import http.client
import json
import os
import signal
import socket
import stat
import threading
import time
from http.server import HTTPServer
from pathlib import Path

import pytest

from agentcollect.supervisor import processes, receiver
from tests.processes import RunningProduct

pytestmark = pytest.mark.processes
CHILDREN = ["broker", "web", "worker", "sender", "beat"]


def get(product: RunningProduct, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(product.base_url.rsplit(":", 1)[1]), timeout=5)
    connection.request("GET", path)
    return connection.getresponse().status


def wait_gone(pids: list[int], seconds: float = 15) -> list[int]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(processes.look(pid) for pid in pids):
        time.sleep(0.1)
    return [pid for pid in pids if processes.look(pid)]


def lines(product: RunningProduct) -> list[str]:
    return product.output().strip().splitlines()


def test_it_starts_everything_and_tells_how_to_use_it(product: RunningProduct) -> None:
    product.start()
    assert list(product.run_json()["children"]) == CHILDREN
    assert get(product, "/readyz") == 200
    shown = product.output()
    for expected in (
        product.base_url,
        product.api_key,
        "demo@example.com",
        "ap@acmecorp.com",
        "/v1/webhooks",
    ):
        assert expected in shown
    assert stat.S_IMODE(product.var.stat().st_mode) == 0o700
    for secret in ("broker.conf", "broker.json", "ready.json", "run.json"):
        assert stat.S_IMODE((product.var / secret).stat().st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_no_process_and_a_second_run_works(product: RunningProduct, number: int) -> None:
    product.start()
    living = product.living()
    assert len(living) > len(CHILDREN)  # the pools' own processes too
    assert product.stop(number) == 0
    assert not [pid for pid in living if processes.look(pid)]
    assert product.run_json()["children"] == {}
    product.start()
    assert get(product, "/readyz") == 200


def test_a_second_start_says_that_it_runs(product: RunningProduct, stand_in: Path) -> None:
    product.start()
    deadline = time.monotonic() + 10
    while "Ctrl-C stops everything." not in product.output() and time.monotonic() < deadline:
        time.sleep(0.02)  # it is ready a moment before it has said so
    before = len(lines(product))
    first = product.process
    assert product.launch().wait(timeout=20) == 1
    product.process = first
    assert lines(product)[before:] == [
        f"AgentCollect: AgentCollect is already running at {product.base_url} (Ctrl-C there stops it)."
    ]
    assert get(product, "/readyz") == 200


def test_after_kill_9_of_the_supervisor_the_next_start_cleans_up(product: RunningProduct) -> None:
    product.start()
    living = product.living()
    children = product.run_json()["children"]
    for child in children.values():  # they cannot hear the kernel's word of our death, so they are left over
        os.kill(child["pid"], signal.SIGSTOP)
    product.kill9("supervisor")
    product.start()
    assert "Cleaning up what the last run left behind." in product.output()
    assert not [pid for pid in living if processes.look(pid)]
    assert get(product, "/readyz") == 200


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the parent-death signal is Linux's")
def test_children_end_by_themselves_when_the_supervisor_is_killed(product: RunningProduct) -> None:
    product.start()
    living = product.living()
    product.kill9("supervisor")
    assert wait_gone(living) == []


def test_a_stranger_with_a_recorded_pid_is_left_alone(product: RunningProduct) -> None:
    product.start()
    product.stop()
    run = product.run_json()
    run["children"] = {"web": {"pid": os.getpid(), "started": "another start"}}
    (product.var / "run.json").write_text(json.dumps(run))
    product.start()
    assert "Cleaning up" not in product.output()


@pytest.mark.parametrize("name", ["web", "worker", "broker"])
def test_a_killed_child_is_started_again_and_said_so(product: RunningProduct, name: str) -> None:
    product.start()
    old = product.kill9(name)
    product.wait_restarted(name, old=old)
    assert f"{name} stopped (signal 9); starting it again" in product.output()
    assert not processes.members(old)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            assert get(product, "/readyz") == 200
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(product.output())


def test_a_busy_port_is_one_line(stand_in: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        product = RunningProduct(root=stand_in, database_url="", port=port)
        try:
            assert product.launch().wait(timeout=20) == 1
            assert lines(product) == [
                f"AgentCollect: Port {port} is busy: choose another, as in: make run PORT={port + 1}"
            ]
        finally:
            product.close()


@pytest.mark.parametrize("port", ["http", "70000", "-1"])
def test_a_port_that_is_none_is_one_line(product: RunningProduct, port: str) -> None:
    product.env["PORT"] = port
    assert product.launch().wait(timeout=20) == 1
    assert len(lines(product)) == 1
    assert "is not a port" in product.output()


def test_a_failing_step_ends_in_its_log_and_no_traceback(product: RunningProduct) -> None:
    product.env["STAND_IN_FAILS"] = "migrate"
    assert product.launch().wait(timeout=30) == 1
    assert "The database could not be prepared." in product.output()
    assert "the stand-in fails at migrate" in product.output()
    assert "Traceback" not in product.output()
    assert product.run_json()["children"] == {}


def test_five_quick_deaths_stop_everything(product: RunningProduct) -> None:
    product.env["STAND_IN_FAILS"] = "celery"
    assert product.launch().wait(timeout=90) == 1
    assert "died 5 times in a row" in product.output()
    assert "the stand-in's Celery fails" in product.output()
    assert product.run_json()["children"] == {}


def test_the_receiver_prints_what_arrives_and_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    with HTTPServer(("127.0.0.1", 0), receiver.Receiver) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
        connection.request("POST", "/webhooks/ac", b'{"event":"webhook.test"}', {"X-AgentCollect-Signature": "t=1"})
        assert connection.getresponse().status == 200
    shown = capsys.readouterr().out
    assert "/webhooks/ac  X-AgentCollect-Signature: t=1" in shown
    assert '"event": "webhook.test"' in shown
