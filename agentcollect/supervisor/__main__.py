"""`make run`: prepare the database, start everything, tell the person where it is, keep it running.

Environment: PORT (8000; 0 takes a free one), REDIS_URL (no broker is started then), DATABASE_URL (else SQLite
in var/), AGENTCOLLECT_VAR (the state folder), STATIC_ROOT (static files already collected elsewhere).
"""

import errno
import hashlib
import http.client
import json
import os
import socket
import sys
from typing import Any

from agentcollect import embedded
from agentcollect.supervisor import broker, record, welcome
from agentcollect.supervisor.children import Plan, manage, product
from agentcollect.supervisor.say import Stop, say
from agentcollect.supervisor.supervise import Interrupted, Signals, Supervisor

ROOT, VAR = embedded.ROOT, embedded.VAR.resolve()
READY = "ready.json"  # written once everything answers: what bootstrap printed
READY_SECONDS = 60.0


def main() -> int:
    """0 after a wanted stop, 1 after a failure that was explained in one line (and a log's tail)."""
    signals = Signals()
    try:
        port = choose_port(os.environ.get("PORT") or "8000")
        held = record.hold_lock()
        record.clean_up_leftovers()
        check_port(port)
    except Stop as stop:
        say(f"AgentCollect: {stop}")
        return 1
    except OSError as error:
        say(f"AgentCollect: the state folder cannot be used: {error}")
        return 1
    with held:
        return run(port, signals)


def run(port: int, signals: Signals) -> int:
    """Everything between holding the lock and giving it back."""
    base_url = f"http://127.0.0.1:{port}"
    VAR.chmod(0o700)
    (VAR / READY).unlink(missing_ok=True)
    record.write(base_url, {})
    supervisor = Supervisor(var=VAR, base_url=base_url, env=environment(), signals=signals)
    try:
        bring_up(supervisor, port)
        supervisor.forever()
    except Interrupted:
        say("Stopping.")
        return 0
    except Stop as stop:
        say(f"AgentCollect: {stop}")
        return 1
    finally:
        supervisor.stop()
        say("Stopped.")


def environment() -> dict[str, str]:
    """The children's environment: one machine's defaults, also where DATABASE_URL names a server."""
    defaults = {
        "SECRETS_FROM_VAR": "1",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "EGRESS_ALLOW_LOOPBACK_HTTP": "1",
    }
    return {**defaults, **os.environ, "AGENTCOLLECT_VAR": str(VAR), "PYTHONUNBUFFERED": "1"}


def bring_up(supervisor: Supervisor, port: int) -> None:
    """Broker, database, static files, children; then the welcome page."""
    start_broker(supervisor)
    say("Preparing the database.")
    migrate = manage(ROOT, "migrate", "--noinput")
    supervisor.run_once("migrate", migrate, cwd=ROOT, failure="The database could not be prepared.")
    collect_static(supervisor)
    say("Starting web, worker, sender and beat.")
    web, *others = product(ROOT, VAR, port)
    supervisor.start([web])
    demo = bootstrap(supervisor)
    supervisor.wait_until(
        lambda: is_ready(port),
        seconds=READY_SECONDS,
        failure=f"The web process did not become ready within {READY_SECONDS:g} s.",
        blame="web",
    )
    supervisor.start(others)  # after the web process: on two cores all at once would make everybody wait longer
    embedded.write_json(READY, demo)
    say(welcome.text(supervisor.base_url, demo))


def start_broker(supervisor: Supervisor) -> None:
    """The broker first, its URL in broker.json: settings of every later process read it there."""
    if given := os.environ.get("REDIS_URL"):
        embedded.write_json("broker.json", {"url": given})
        return
    command, url = broker.configure(VAR)
    supervisor.start([Plan("broker", command, VAR)])
    embedded.write_json("broker.json", {"url": url})
    supervisor.wait_until(
        lambda: broker.wait_until_open(url, seconds=0.2), seconds=10, failure="No broker.", blame="broker"
    )


def collect_static(supervisor: Supervisor) -> None:
    """Into var/static, when the packages or our own static files changed since the last time."""
    if os.environ.get("STATIC_ROOT"):
        return
    now = static_version()
    if embedded.read_json("static.json").get("version") == now:
        return
    say("Collecting static files.")
    command = manage(ROOT, "collectstatic", "--noinput", "--clear", "-v", "0")
    supervisor.run_once("collectstatic", command, cwd=ROOT, failure="Static files could not be collected.")
    embedded.write_json("static.json", {"version": now})


def static_version() -> str:
    """Changes with the lock file and with any static file of a room."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(path for path in ROOT.glob("*/static/**/*") if not path.is_relative_to(VAR)):
        stat = path.stat()
        digest.update(f"{path.relative_to(ROOT)} {stat.st_mtime_ns} {stat.st_size}\n".encode())
    return digest.hexdigest()


def bootstrap(supervisor: Supervisor) -> dict[str, Any]:
    """The demo organisation: made on the first run, the same on every later one."""
    command = manage(ROOT, "bootstrap", "--json")
    printed = supervisor.run_once("bootstrap", command, cwd=ROOT, failure="The demo could not be made.")
    for line in (printed, *reversed(printed.splitlines())):  # log lines may stand around it
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and "api_key" in found:
            # A log is read, copied and sent to others; the key stays in the private ready file alone.
            supervisor.log("bootstrap").write_text(printed.replace(line, "(credentials: shown at the start)\n"))
            return found
    raise Stop("`manage.py bootstrap --json` printed no credentials: see var/log/bootstrap.log.")


def is_ready(port: int) -> bool:
    """Whether /readyz answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def choose_port(asked: str) -> int:
    """The port to listen on; 0 means any free one."""
    if not asked.isdigit() or int(asked) > 65535:
        raise Stop(f"PORT={asked} is not a port: choose one from 1024 to 65535, as in: make run PORT=9000")
    return int(asked) or broker.free_port()


def check_port(port: int) -> None:
    """Say now, in one line, what the web process would say later in twenty."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            why = "is busy" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise Stop(f"Port {port} {why}: choose another, as in: make run PORT={other(port)}") from None


def other(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8000


if __name__ == "__main__":
    sys.exit(main())
