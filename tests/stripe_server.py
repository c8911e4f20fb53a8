"""A Stripe of our own on loopback: the API calls that we make, spoken as Stripe documents them, and what happens there.

Bodies are form-encoded with nested keys, `Stripe-Account` separates accounts, an `Idempotency-Key` answers as before,
lists have `has_more`, errors have Stripe's shape. The verbs (`pay`, `dispute`, …) are what debtors, banks and creditors
do at Stripe; each writes its events, which `callbacks` signs with the SDK's own helper.
"""

import copy
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from tests.stripe_verbs import Happenings, Object, Refused

KEY, SECRET = "sk_test_51FakeStripe", "whsec_fake_one"
# docs.stripe.com/api/pagination
_PAGE = 10
_LISTS = {
    "checkout/sessions": "checkout.session",
    "refunds": "refund",
    "disputes": "dispute",
    "balance_transactions": "balance_transaction",
    "payouts": "payout",
}
_ONE = {"checkout/sessions": "checkout.session", "payment_intents": "payment_intent", "payouts": "payout"}


class Stripe(Happenings):
    """A Stripe that can be asked."""

    # --- callbacks

    def callbacks(self, *, since: int = 0, secret: str = SECRET) -> list[tuple[bytes, str]]:
        """The events since number `since`, as (body, Stripe-Signature)."""
        return [signed(one, secret) for one in self.events[since:]]

    # --- the API

    def answer(self, method: str, path: str, account: str, given: Object) -> Object:
        name = path.removeprefix("/v1/")
        self.asked.append((method, name, account, given))
        if account and account not in self.accounts:
            raise Refused(403, "account_invalid", "The provided key does not have access to account.")
        if method == "POST":
            return self._post(name, account, given)
        if name in _LISTS:
            return self._list(_LISTS[name], f"/v1/{name}", account, given)
        folder, _, key = name.rpartition("/")
        found = self.objects.get(key)
        owner = "" if folder == "accounts" else account
        if found is None or self.owner[key] != owner:
            raise Refused(404, "resource_missing", f"No such object: '{key}'")
        return self._expanded(found, given.get("expand", []))

    def _post(self, name: str, account: str, given: Object) -> Object:
        if name == "checkout/sessions":
            return self._session(account, given)
        if name.startswith("checkout/sessions/") and name.endswith("/expire"):
            return self.expire(name.split("/")[2])
        if name == "refunds":
            return self.refund(given["payment_intent"], int(given["amount"]), metadata=given.get("metadata"))
        if name == "accounts":
            return self.objects[self.account(given["metadata"]["organisation_id"])]
        if name == "account_links":
            return {"object": "account_link", "url": f"{self.url}/setup/{given['account']}", "expires_at": self.clock}
        raise Refused(404, "", f"Unrecognized request URL (POST: /v1/{name}).")

    def _session(self, account: str, given: Object) -> Object:
        price = given["line_items"][0]["price_data"]
        amount, ends = int(price["unit_amount"]), int(given["expires_at"])
        if amount < 50:
            raise Refused(400, "amount_too_small", "The total amount must convert to at least 50 cents.")
        if not 1790 <= ends - time.time() <= 86_400:
            raise Refused(400, "", "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.")
        if given["adaptive_pricing"]["enabled"] != "false":
            raise Refused(400, "", "The debtor would be charged in another currency.")
        made = self.new(
            "checkout.session",
            "cs_test",
            account,
            amount_total=amount,
            currency=price["currency"],
            client_reference_id=given["client_reference_id"],
            expires_at=ends,
            metadata=given["metadata"],
            mode="payment",
            payment_intent=None,
            payment_intent_data=given["payment_intent_data"],
            payment_status="unpaid",
            status="open",
        )
        made["url"] = f"{self.url}/c/pay/{made['id']}"
        return made

    def _list(self, kind: str, url: str, account: str, given: Object) -> Object:
        rows = self.of(kind, account)
        for name in ("payment_intent", "payout"):
            if name in given:
                rows = [one for one in rows if one.get(name) == given[name]]
        created = given.get("created", {})
        rows = [one for one in rows if one["created"] >= int(created.get("gte", 0))]
        rows = [one for one in rows if one["created"] <= int(created.get("lte", 2**40))]
        if "starting_after" in given:
            rows = rows[[one["id"] for one in rows].index(given["starting_after"]) + 1 :]
        most = min(int(given.get("limit", _PAGE)), _PAGE)  # short pages, so that all of them are turned
        paths = [path.removeprefix("data.") for path in given.get("expand", [])]
        shown = [self._expanded(one, paths) for one in rows[:most]]
        return {"object": "list", "url": url, "has_more": len(rows) > most, "data": shown}

    def _expanded(self, one: Object, paths: list[str]) -> Object:
        shown = copy.deepcopy({k: v for k, v in one.items() if k not in ("payment_intent_data", "payout")})
        for path in paths:
            name, _, rest = path.partition(".")
            if isinstance(shown.get(name), str) and shown[name] in self.objects:
                shown[name] = self._expanded(self.objects[shown[name]], [])
            if rest and isinstance(shown.get(name), dict):
                shown[name] = self._expanded(shown[name], [rest])
        return shown


def signed(event: Object, secret: str = SECRET, at: int | None = None) -> tuple[bytes, str]:
    body = json.dumps(event)
    return body.encode(), stripe.WebhookSignature.generate_signature_header(body, secret, at)


def nested(body: str) -> Object:
    """`a[b][0][c]=1` as {"a": {"b": [{"c": "1"}]}}."""
    found: Object = {}
    for key, value in parse_qsl(body, keep_blank_values=True):
        names = key.replace("]", "").split("[")
        place = found
        for name in names[:-1]:
            place = place.setdefault(name, {})
        place[names[-1]] = value
    return _lists(found)


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(one) for key, one in value.items()}
    numbered = inner and all(key.isdigit() or key == "" for key in inner)
    return list(inner.values()) if numbered else inner


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together: apart, each answer waits 40 ms for the other side's acknowledgement.
    wbufsize = 65_536
    disable_nagle_algorithm = True
    state: Stripe

    def do_GET(self) -> None:
        self._do("GET", urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._do("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def _do(self, method: str, body: str) -> None:
        with self.state.lock:
            fault = self.state.faults.pop(0) if self.state.faults else ""
        if fault == "slow":
            time.sleep(1.5)
        if fault == "drop":
            self.close_connection = True
            return
        if fault in ("500", "429"):
            kind = "api_error" if fault == "500" else "rate_limit_error"
            self._say(int(fault), {"error": {"type": kind, "message": "Not now."}})
            return
        status, answer = self._asked(method, body)
        if fault == "lost":  # it was done, and nobody hears of it
            self.close_connection = True
            return
        self._say(status, answer, garbage=fault == "garbage")

    def _asked(self, method: str, body: str) -> tuple[int, Object]:
        state, given = self.state, nested(body)
        account, key = self.headers.get("Stripe-Account", ""), self.headers.get("Idempotency-Key", "")
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided."}}
        with state.lock:
            if key and (account, key) in state.kept:
                before, status, answer = state.kept[account, key]
                if before != given:
                    words = "Keys for idempotent requests can only be used with the same parameters."
                    return 400, {"error": {"type": "idempotency_error", "message": words}}
                return status, answer
            try:
                status, answer = 200, copy.deepcopy(state.answer(method, urlsplit(self.path).path, account, given))
            except Refused as refused:
                status, answer = refused.status, refused.body
            answer.pop("payment_intent_data", None)
            if key and method == "POST":
                state.kept[account, key] = (given, status, answer)
            return status, answer

    def _say(self, status: int, answer: Object, *, garbage: bool = False) -> None:
        body = b"<html>upstream</html>" if garbage else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Request-Id", "req_fake")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Stripe]:
    """The server for the length of a `with`, on a free port."""
    state = Stripe()
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
