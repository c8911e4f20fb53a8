"""Secrets at rest and links that cannot be guessed. Keys have versions: the newest writes, all of them read."""

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from agentcollect.kit.ids import base62

SIGNATURE_LENGTH = 16  # base62: 95 bits


def encrypt(text: str) -> str:
    """`text` encrypted for a database column."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text that `encrypt` was given. Raises ValueError when no key of ours made it."""
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ValueError("encrypted with a key that is not among FIELD_KEY's versions") from error


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def sign_id(purpose: str, public_id: str) -> str:
    """The unguessable text form of an id for links of one purpose: its body and a keyed signature, base62.

    Nothing is stored for a link, so none can be lost; the signature is what a guesser lacks.
    """
    version = next(iter(settings.LINK_KEYS))
    return public_id.partition("_")[2] + _signature(purpose, public_id, version)


def read_signed_id(purpose: str, prefix: str, token: str) -> str | None:
    """The id in a token made by `sign_id`, or None for anything else."""
    body, signature = token[:-SIGNATURE_LENGTH], token[-SIGNATURE_LENGTH:]
    if not (body.isascii() and body.isalnum() and len(body) <= 24):
        return None
    public_id = f"{prefix}_{body}"
    for version in settings.LINK_KEYS:
        if hmac.compare_digest(signature.encode(), _signature(purpose, public_id, version).encode()):
            return public_id
    return None


def _signature(purpose: str, public_id: str, version: str) -> str:
    key = settings.LINK_KEYS[version].encode()
    digest = hmac.digest(key, f"{purpose}:{public_id}".encode(), hashlib.sha256)
    return base62(int.from_bytes(digest[:16]), 22)[-SIGNATURE_LENGTH:]
