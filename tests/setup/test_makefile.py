"""What stands before the supervisor: the Makefile's check of Python, and the installer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentcollect.supervisor import install


def make(root: Path, *arguments: str, path: str) -> "subprocess.CompletedProcess[str]":
    maker = shutil.which("make")
    if maker is None:
        pytest.skip("no make on this machine")
    env = {"PATH": path, "HOME": str(root)}
    command = [maker, "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


def fake_python(folder: Path, version: str) -> str:
    """A PATH with a `python3` of this version and no other Python."""
    folder.mkdir(exist_ok=True)
    for tool in ("sh", "sed", "expand"):
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    python = folder / "python3"
    answer = f'case "$2" in *platform*) echo {version};; *) exit 1;; esac'
    python.write_text(f"#!/bin/sh\n{answer}\n")
    python.chmod(0o755)
    return str(folder)


def test_an_old_python_is_one_line(stand_in: Path, tmp_path: Path) -> None:
    done = make(stand_in, "run", path=fake_python(tmp_path / "bin", "3.9.2"))
    assert done.returncode == 2
    needs = "AgentCollect needs Python 3.11 or newer; python3 is 3.9.2."
    assert done.stdout.strip() == f"{needs} Choose another: make run PYTHON=python3.12"
    assert "Traceback" not in done.stderr


def test_a_missing_python_is_one_line(stand_in: Path) -> None:
    done = make(stand_in, "run", "PYTHON=python3.99", path=os.environ["PATH"])
    assert done.returncode == 2
    assert "found no python3.99" in done.stdout
    assert len(done.stdout.strip().splitlines()) == 1


def test_help_lists_the_commands(stand_in: Path) -> None:
    shown = make(stand_in, path=os.environ["PATH"]).stdout
    for command in ("run", "test", "check", "lock", "format", "clean"):
        assert f"make {command} " in shown


@pytest.mark.processes
def test_no_network_is_one_line(stand_in: Path, tmp_path: Path) -> None:
    """A closed port stands for a network that is not there."""
    root = tmp_path / "no network"
    shutil.copytree(stand_in, root)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    env |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
    command = [sys.executable, "agentcollect/supervisor/install.py", "run"]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == (
        "No network: the locked packages could not be fetched. Details: .venv/install.log"
    )
    assert "Traceback" not in done.stdout + done.stderr


def test_the_stamp_follows_lock_and_interpreter(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(stand_in / "tools.txt", tmp_path)
    shutil.copy(stand_in / "requirements.txt", tmp_path)
    monkeypatch.chdir(tmp_path)
    before = install.wanted("run")
    assert install.wanted("run") == before
    with (tmp_path / "requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    assert install.wanted("run") != before
    assert not install.is_installed("run")


def test_dev_holds_every_pin_of_run(stand_in: Path) -> None:
    """So that one `.venv` serves both and neither command takes back what the other installed."""

    def pins(name: str) -> set[str]:
        # Without the condition a pin stands under: dev may have it on more systems.
        text = (stand_in / name).read_text().splitlines()
        return {line.split(" ")[0] for line in text if line[:1].isalnum()}

    assert pins("requirements.txt") <= pins("requirements-dev.txt")
