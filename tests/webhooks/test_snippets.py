"""The receivers' snippets in six languages say what the signature says. A language without its runtime is skipped."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from webhooks import rules

FOLDER = Path(rules.__file__).parent / "snippets"
SECRET, OLD = rules.mint_secret(), rules.mint_secret()
# Bytes that a careless reader would change: no ASCII, an escaped slash, spaces, no final newline.
BODY = '{"event":"payment.received","data":{"debtor":"Müller & Söhne  ™","note":"a\\/b"}}'.encode()

LANGUAGES = {
    "python": [sys.executable, "verify.py"],
    "node": ["node", "verify.mjs"],
    "ruby": ["ruby", "verify.rb"],
    "php": ["php", "verify.php"],
    "go": ["./verify-go"],
    "shell": ["sh", "verify.sh"],
}


def signature(at: int, *secrets: str, body: bytes = BODY) -> str:
    return rules.sign(secrets, "evt_1", body, at)["X-AgentCollect-Signature"]


@pytest.fixture(params=LANGUAGES)
def said(request: pytest.FixtureRequest, tmp_path: Path):
    """Ask one language: (body, header) → does it hold?"""
    runtime = {"python": sys.executable, "shell": "openssl"}.get(request.param, request.param)
    if shutil.which(runtime) is None:
        pytest.skip(f"no {runtime} on this machine")
    command, folder = LANGUAGES[request.param], FOLDER
    if request.param == "go":
        build = ["go", "build", "-o", str(tmp_path / "verify-go"), str(FOLDER / "verify.go")]
        subprocess.run(build, check=True, env=os.environ | {"GOFLAGS": "-mod=mod", "GOCACHE": str(tmp_path / "cache")})
        command = [str(tmp_path / "verify-go")]

    def ask(body: bytes, header: str) -> bool:
        env = os.environ | {"WEBHOOK_SECRET": SECRET}
        done = subprocess.run([*command, header], cwd=folder, input=body, capture_output=True, env=env, check=False)
        assert (done.stdout.strip(), done.returncode) in {(b"valid", 0), (b"invalid", 1)}, done.stderr
        return done.returncode == 0

    return ask


def test_each_language_tells_real_from_false(said) -> None:
    now = int(time.time())
    real = signature(now, SECRET)
    verdicts = {
        "real": said(BODY, real),
        "while the secret is rotated": said(BODY, signature(now, OLD, SECRET)),
        "one byte flipped": said(BODY.replace(b"payment", b"pbyment"), real),
        "one byte more": said(BODY + b"\n", real),
        "another secret": said(BODY, signature(now, OLD)),
        "too old": said(BODY, signature(now - 400, SECRET)),
        "from the future": said(BODY, signature(now + 400, SECRET)),
        "time moved": said(BODY, real.replace(f"t={now}", f"t={now + 1}")),
        "no time": said(BODY, real.partition(",")[2]),
        "nothing": said(BODY, ""),
    }
    assert {name for name, valid in verdicts.items() if valid} == {"real", "while the secret is rotated"}
