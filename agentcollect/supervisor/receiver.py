"""A webhook receiver for trying things out: prints what arrives and answers 200.

`python -m agentcollect.supervisor.receiver [port]`; 9099 is the port that the welcome page registers.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from agentcollect.supervisor.say import say


class Receiver(BaseHTTPRequestHandler):
    """Any POST is taken; verifying the signature is the reader's own exercise (see /docs)."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        say(f"{self.path}  X-AgentCollect-Signature: {self.headers.get('X-AgentCollect-Signature', 'none')}")
        say(pretty(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the body was printed."""


def pretty(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2)
    except ValueError:
        return body.decode(errors="replace")


def main(port: int) -> None:
    say(f"Listening on http://127.0.0.1:{port} (Ctrl-C stops).")
    try:
        HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
    except KeyboardInterrupt:
        say("Stopped.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9099)
