import hashlib
import hmac
import os
import sys
import time


def verify(body: bytes, header: str, secret: str, tolerance: int = 300) -> bool:
    """Is `body` (the raw bytes) from AgentCollect? `header` is X-AgentCollect-Signature."""
    parts = [part.split("=", 1) for part in header.split(",") if "=" in part]
    timestamp = next((value for name, value in parts if name == "t" and value.isdecimal()), "")
    if not timestamp or abs(time.time() - int(timestamp)) > tolerance:
        return False
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected.encode(), value.encode()) for name, value in parts if name == "v1")


if __name__ == "__main__":  # python verify.py "$HEADER" < body.json
    valid = verify(sys.stdin.buffer.read(), sys.argv[1], os.environ["WEBHOOK_SECRET"])
    print("valid" if valid else "invalid")
    sys.exit(not valid)
