"""Requests that are wrong in ways no schema describes: broken bytes, wrong values, hostile addresses, bad uploads.

Everything follows from one seed, so that a failure can be played again.
"""
# ruff: noqa: E501  (many values, a few to the line)

import gzip
import json
import random
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.fuzz import Node, document, resolved


class Malformed(NamedTuple):
    """One request. `address` is ready to be sent; `operation` is what the document says of it."""

    method: str
    address: str
    headers: dict[str, str]
    body: bytes
    operation: Node
    how: str


class Target(NamedTuple):
    """An operation, with an example of its body where it takes one."""

    method: str
    path: str
    operation: Node
    example: Any
    multipart: bool

    def address(self, ids: dict[str, str]) -> str:
        return re.sub(r"{(\w+)}", lambda found: quote(ids.get(found[1], "x_1"), safe=""), self.path)


def targets() -> list[Target]:
    found = []
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            content = resolved(operation.get("requestBody", {})).get("content", {})
            shown = content.get("application/json", {})
            examples = [entry["value"] for entry in shown.get("examples", {}).values()]
            example = shown.get("example", examples[0] if examples else {})
            found.append(Target(method.upper(), path, operation, example, "multipart/form-data" in content))
    return found


# --- bytes

_PIECES = [
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\\u0000",
    b"\\ud800",
    b'"',
    b"}",
    b"[[[[",
    b",",
    b"\x1b[2J",
]
_NUMBERS = [
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"1E2",
    b"-0",
    b"0.1e1",
    b"9" * 5000,
    b"0." + b"0" * 400 + b"1",
    b"01",
    b"0x10",
    b".5",
]
_WHOLES = [
    b"",
    b" ",
    b"null",
    b"[]",
    b"true",
    b'"text"',
    b"1",
    b"{",
    b"[" * 20_000,
    b'{"a":' * 5_000,
    b"<xml/>",
    b"a=b&c=d",
]


def broken_bytes(rng: random.Random, target: Target, ids: dict[str, str]) -> tuple[bytes, str]:
    raw = json.dumps(target.example).encode()
    spot = rng.randrange(len(raw) + 1)
    numbers = [found.span() for found in re.finditer(rb"(?<=[:\[ ])\d+(\.\d+)?", raw)]
    choice = rng.randrange(9)
    if choice == 0:
        return raw[:spot], "cut off"
    if choice == 1:
        return raw[:spot] + rng.choice(_PIECES) + raw[spot:], "a piece put in"
    if choice == 2:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(200))), "noise"
    if choice == 3:
        return rng.choice(_WHOLES), "not an object"
    if choice == 4 and numbers:
        start, end = rng.choice(numbers)
        return raw[:start] + rng.choice(_NUMBERS) + raw[end:], "a number that is none"
    if choice == 5:
        return raw.decode().encode(rng.choice(["utf-16", "utf-32", "utf-7"])), "another charset"
    if choice == 6:
        return gzip.compress(raw, mtime=0), "compressed"
    if choice == 7:
        return raw[:-1] + b"," + raw[1:], "every field twice"
    flipped = bytearray(raw)
    flipped[spot % len(raw)] ^= 1 << rng.randrange(8)
    return bytes(flipped), "a bit flipped"


# --- values

_VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, -(10**30), "", " ", "\0", "\ud800", "\u202e", "💶" * 50, "x" * 100_000, "a\nb",
    "{{7*7}}", "'; DROP TABLE campaigns_case; --", "=cmd|' /C calc'!A0", "../../etc/passwd", "javascript:alert(1)",
    "http://169.254.169.254/", "file:///etc/passwd", "https://[::1]/", "2025-02-30", "0000-00-00", "9999-12-31T23:59:60Z",
    "2026-01-01T00:00:00+99:99", [], {}, [[]], [None], {"": ""}, {"a": {"b": {"c": {}}}}, ["x"] * 600, {"k" * 300: "v"},
    "cas_0000000000000000000000", "sk_test_" + "0" * 46, "eyJhbGciOiJub25lIn0.e30.",
]  # fmt: skip


def wrong_values(rng: random.Random, target: Target, ids: dict[str, str]) -> tuple[bytes, str]:
    body = _with_ids(json.loads(json.dumps(target.example)), ids)
    spots = list(_spots(body)) or [(body, None)]
    how = []
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        holder, key = rng.choice(spots)
        value = rng.choice(_VALUES)
        if key is None or rng.random() < 0.15:
            key = rng.choice(["x", "__proto__", "id", "é", "a" * 200]) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and key is not None:
            holder[key] = value
        elif isinstance(holder, list):
            holder.append(value)
        how.append(f"{key}={value!r:.30}")
    return json.dumps(body).encode("utf-8", "surrogatepass"), ", ".join(how)


def _with_ids(node: Any, ids: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [_with_ids(entry, ids) for entry in node]
    if isinstance(node, dict):
        return {name: ids[name] if name in ids else _with_ids(value, ids) for name, value in node.items()}
    return node


def _spots(node: Any) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of every value in `node`."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(pairs):
        yield node, key
        yield from _spots(value)


# --- addresses

_TEXTS = [
    "",
    "%00",
    "%ff",
    "%ed%a0%80",
    "%F0%9F%92%B6",
    "-1",
    "0",
    "1e9",
    "9" * 400,
    "null",
    "[]",
    "{}",
    "%27",
    "..",
    "%2e%2e%2f",
]
_TEXTS += [
    "a" * 3000,
    "true",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00%2B99:00",
    "0001-01-01T00:00:00Z",
]
_TEXTS += ["evt_0", "b3BhcXVl", "AAAAAAAAAAAAAAAAAAAA", "%F0%28%8C%28", "1%2C2%2C%2C"]


def hostile_address(rng: random.Random, target: Target, ids: dict[str, str]) -> tuple[str, str]:
    """Its address with ids, parameters and filters that are none."""
    names = [resolved(one)["name"] for one in target.operation.get("parameters", []) if resolved(one)["in"] == "query"]
    names += ["limit", "cursor", "created_after", "metadata[%00]", "metadata[a]", "metadata[", "expand", "x", "%00"]
    chosen = {name: rng.choice(_TEXTS) for name in rng.sample(names, k=min(len(names), rng.choice([0, 1, 1, 2, 4])))}
    path = target.address(ids)
    if "{" in target.path and rng.random() < 0.5:
        path = re.sub(r"{\w+}", lambda _: rng.choice(_TEXTS) or "x", target.path)
    query = "&".join(f"{name}={value}" for name, value in chosen.items())
    return (f"{path}?{query}" if query else path), query[:60] or path[:60]


_HEADERS: list[dict[str, str]] = [
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary=" + "b" * 300},
    {"Content-Type": "text/plain"},
    {"Content-Type": "\t;;="},
    {"Content-Encoding": "gzip"},
    {"Accept": "text/csv"},
    {"Idempotency-Key": ""},
    {"Idempotency-Key": "x" * 256},
    {"Idempotency-Key": "é"},
    {"AgentCollect-Version": "1999-01-01"},
    {"AgentCollect-Account": "org_\u00ff"},
    {"AgentCollect-Account": "x" * 4000},
    {"X-Request-Id": "'\"<>"},
    {"Authorization": "Bearer " + "x" * 8000},
    {"Authorization": "Basic !!!"},
    {"Authorization": "bearer  \u00e9"},
    {"X-Forwarded-For": "not, an, address"},
]

# --- files

_CONTENTS = [
    b"", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n" + b"\0" * 30, b"PK\x03\x04" + b"\xff" * 60, b"MZ" + b"\0" * 100, b"<svg onload=x>",
    b"company_name,invoice_amount\nAcme,1e400\n", b"company_name\0,invoice_amount\nAcme,15\n", b'company_name\n"never closed',
    b"company_name,company_name\na,b\n", b",".join([b"c%d" % n for n in range(2000)]), b"\xff\xfec\x00o\x00", b"\r" * 1000,
    b"company_name,invoice_amount\n" + b"Acme,15\n" * 2000, b"company_name;invoice_amount\nAcme;15,00\n", gzip.compress(b"x" * 10_000, mtime=0),
]  # fmt: skip
_FILE_NAMES = [
    "invoice.pdf",
    "",
    "../../etc/passwd",
    "a" * 500 + ".pdf",
    "x\r\nSet-Cookie: a=b",
    'q".csv',
    "é💶.csv",
    "nul\0.pdf",
    "invoices.csv",
]


def bad_upload(rng: random.Random, ids: dict[str, str]) -> tuple[bytes, str, str]:
    """(body, Content-Type, how) of a form that is hardly one."""
    boundary = rng.choice(["x", "-" * 60, "b b", "é"])
    parts = []
    for name in rng.sample(["file", "company", "case_id", "kind", "", "file", "metadata"], k=rng.randrange(1, 4)):
        head = f'Content-Disposition: form-data; name="{name}"'
        text = ids.get(name, "x")
        content = text.encode()
        if name == "file" or rng.random() < 0.2:
            head += f'; filename="{rng.choice(_FILE_NAMES)}"'
            content = rng.choice(_CONTENTS)
        head += rng.choice(
            ["", "\r\nContent-Type: application/pdf", "\r\nContent-Transfer-Encoding: base64", "\r\nX: " + "y" * 9000]
        )
        parts.append(head.encode("utf-8", "replace") + b"\r\n\r\n" + content)
    fence = b"--" + boundary.encode()
    body = b"".join(fence + b"\r\n" + part + b"\r\n" for part in parts)
    body += rng.choice([fence + b"--\r\n", b"", fence, b"\r\n\r\n"])
    if rng.random() < 0.2:
        body = body[: rng.randrange(len(body) + 1)]
    declared = rng.choice([boundary, boundary, boundary, "other", ""])
    return body, f"multipart/form-data; boundary={declared}", "upload"


# --- all of them


def malformed(count: int, seed: int, ids: dict[str, str]) -> Iterator[Malformed]:
    """`count` requests, the same for the same seed."""
    rng = random.Random(seed)
    everything = targets()
    writing = [target for target in everything if target.method in {"POST", "PATCH", "PUT"}]
    taking_files = [target for target in writing if target.multipart] or writing
    for _ in range(count):
        kind = rng.choice(["bytes", "bytes", "values", "values", "values", "address", "files", "headers"])
        headers = {"Content-Type": rng.choice(["application/json", "application/json", "text/plain", ""])}
        target = rng.choice(everything if kind in {"address", "headers"} else writing)
        body = json.dumps(_with_ids(target.example, ids)).encode() if target.method != "GET" else b""
        address, how = target.address(ids), kind
        if kind == "bytes":
            body, how = broken_bytes(rng, target, ids)
        elif kind == "values":
            body, how = wrong_values(rng, target, ids)
        elif kind == "address":
            address, how = hostile_address(rng, target, ids)
        elif kind == "headers":
            headers |= rng.choice(_HEADERS)
            how = str(headers)[:80]
        else:
            target = rng.choice([rng.choice(taking_files), rng.choice(writing)])
            address = target.address(ids)
            body, headers["Content-Type"], how = bad_upload(rng, ids)
        yield Malformed(target.method, address, headers, body, target.operation, f"{kind}: {how}")
