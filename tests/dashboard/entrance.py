"""How a person comes in, through the pages: sign-up, the code from the mail, the organisation."""

import base64
import hashlib
import hmac
import re
import struct
import time

from django.core import mail
from django.test import Client

PASSWORD = "a sentence of mine 7"
ORGANISATION = {
    "name": "Acme Tools",
    "legal_name": "Acme Tools Inc.",
    "postal_address": "1 Main St\nSpringfield, IL 62701",
    "country": "US",
    "timezone": "America/Chicago",
    "attested": "on",
}


def sign_up(client: Client, email: str = "kim@acme-tools.com", **more: str) -> str:
    """Fill in the first page; where it leads."""
    answer = client.post("/signup", {"name": "Kim Doe", "email": email, "password1": PASSWORD} | more)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def code(email: str = "kim@acme-tools.com") -> str:
    """The code of the newest mail to that address."""
    newest = [letter for letter in mail.outbox if letter.to == [email]][-1]
    found = re.search(r"^([A-Z]{4}-[A-Z]{4})$", str(newest.body), re.MULTILINE)
    assert found, newest.body
    return found[1]


def come_in(client: Client, email: str = "kim@acme-tools.com") -> str:
    """Sign up and type in the code; where it leads."""
    assert sign_up(client, email) == "/account/verify"
    return client.post("/account/verify", {"code": code(email), "action": "verify"})["Location"]


def confirm(client: Client, password: str = PASSWORD) -> None:
    """Say the password once more, as dangerous acts ask for."""
    done = client.post("/account/confirm", {"password": password, "next": "/account/security"})
    assert done.status_code == 302, done.content.decode()


def totp(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"
