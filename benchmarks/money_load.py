"""Who moves money in a day of `money_day`: debtors on the page and at Stripe, the creditor by the API, Stripe itself.

Everybody goes on until they have an answer, as browsers, customers' workers and Stripe do: processes die meanwhile.
"""

import heapq
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import httpx

from agentcollect.kit import ids
from tests.stripe_server import Object, Stripe, signed

CARD, DECLINED = "4242424242424242", "4000000000000002"
_FIELD = re.compile(r'name="(form|seen|csrfmiddlewaretoken)" value="([^"]*)"')
_PAYMENT = re.compile(r"/payments/(pay_[0-9A-Za-z]+)")
_GIVEN_UP = 180.0


class Day:
    """What all actors share: the addresses, what has been done, and whether the day is over."""

    def __init__(self, base_url: str, keys: dict[bool, str], pages: dict[bool, list[str]], api: Stripe) -> None:
        self.base_url, self.keys, self.pages, self.api = base_url, keys, pages, api
        self.over, self.lock = threading.Event(), threading.Lock()
        self.done: Counter[str] = Counter()
        self.next = {True: 0, False: 0}
        self.cases: list[str] = []  # of test mode, paid by bank debit
        self.paid: dict[bool, list[str]] = {True: [], False: []}

    def did(self, what: str) -> None:
        with self.lock:
            self.done[what] += 1

    def page(self, livemode: bool, chance: random.Random) -> str:
        """The next debtor's page; now and then, and once all have been there, one of somebody who was there before."""
        with self.lock:
            mine, number = self.pages[livemode], self.next[livemode]
            if number >= len(mine) or (number and chance.random() < 0.1):
                return chance.choice(mine[: number or 1])
            self.next[livemode] += 1
            return mine[number]


class Visitor:
    """A client that asks again until somebody is there: the same request, as a browser sends a form again."""

    def __init__(self, day: Day, livemode: bool) -> None:
        self.day, self.livemode = day, livemode
        self.http = httpx.Client(base_url=day.base_url, timeout=30, trust_env=False)

    def insist(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        deadline = time.monotonic() + _GIVEN_UP
        while time.monotonic() < deadline:
            try:
                answer = ask()
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
                self.day.did(f"answered {answer.status_code}")
            except httpx.HTTPError:
                self.day.did("no answer")
            time.sleep(0.3)
        raise SystemExit(f"nobody answered for {_GIVEN_UP:.0f} s")

    def pay(self, chance: random.Random, card: str = CARD) -> str:
        """Open a page and send its form: in full or in part, for every invoice that is ticked, sometimes twice at once;
        the payment's id, "" where nothing can be paid there just now."""
        address = self.day.page(self.livemode, chance)
        page = self.insist(lambda: self.http.get(address)).text
        fields: dict[str, Any] = {name: unescape(value) for name, value in _FIELD.findall(page)}
        if not fields.get("seen"):
            return ""
        owed = [part.split(":") for part in fields["seen"].split(",")]
        fields |= {"invoice": [case_id for case_id, _ in owed], "how_much": "full", "method": "card"}
        fields |= {"card_number": card, "expiry": "12/40", "code": "123"}
        least = min(int(minor) for _, minor in owed)
        if chance.random() < 0.3 and least > 20_000:
            fields |= {"how_much": "part", "amount": str(chance.randint(1, least // 10_000) * 10)}
        answer = self._send(address, fields, twice=chance.random() < 0.15)
        found = _PAYMENT.search(answer.headers.get("Location", ""))
        self.day.did("invoices in one payment" if found and len(owed) > 1 else "forms sent")
        return found[1] if found else ""

    def _send(self, address: str, fields: dict[str, Any], *, twice: bool) -> httpx.Response:
        def send(_: int) -> httpx.Response:
            return self.insist(lambda: self.http.post(address, data=fields))

        if not twice:
            return send(0)
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(send, range(2))
        self.day.did("forms sent twice at once")
        return first if "Location" in first.headers else second

    def call(self, path: str, body: Object) -> httpx.Response:
        """A POST of the API, sent again under its key until it is answered."""
        named = {"Authorization": f"Bearer {self.day.keys[self.livemode]}", "Idempotency-Key": ids.new("req")}
        return self.insist(lambda: self._unless_running(path, body, named))

    def _unless_running(self, path: str, body: Object, headers: dict[str, str]) -> httpx.Response:
        answer = self.http.post(path, json=body, headers=headers)
        if answer.status_code == 409 and answer.json()["error"] == "idempotency_in_progress":
            raise httpx.ReadError("the first of them is still running")
        return answer

    def refund(self, payment_id: str, chance: random.Random) -> None:
        body: Object = {"reason": "day"} | ({} if chance.random() < 0.5 else {"amount": chance.randint(1, 90)})
        if chance.random() < 0.3:
            body["credited"] = True
        answer = self.call(f"/v1/payments/{payment_id}/refunds", body)
        self.day.did("refunds asked for" if answer.status_code == 201 else f"refunds refused: {_why(answer)}")


def _why(answer: httpx.Response) -> str:
    return str(answer.json().get("error", answer.status_code))


class Actor(threading.Thread):
    """One life after the other, with `pause` seconds between them on average."""

    def __init__(self, day: Day, number: int, seed: int, pause: float) -> None:
        super().__init__(name=f"actor-{number}", daemon=True)
        self.day, self.pause = day, pause
        self.chance = random.Random(f"{seed}-{number}")
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.day.over.wait(self.chance.expovariate(1 / self.pause)):
                livemode = self.chance.choice(list(self.day.pages))
                visitor = Visitor(self.day, livemode)
                with visitor.http:
                    (self._at_stripe if livemode else self._in_test_mode)(visitor)
        except BaseException as error:
            self.error = error

    def _in_test_mode(self, visitor: Visitor) -> None:
        chance = self.chance
        if chance.random() < 0.35:
            self._debit(visitor)
            return
        card = DECLINED if chance.random() < 0.15 else CARD
        payment_id = visitor.pay(chance, card)
        self._then_refund(visitor, payment_id, 0.35)

    def _debit(self, visitor: Visitor) -> None:
        """A bank debit, by the sandbox's own door: its outcome, and its return, come by callback minutes later."""
        case_id = self.chance.choice(self.day.cases)
        outcome = self.chance.choice(["ach_settles", "ach_fails", "ach_returned"])
        body = {"case_id": case_id, "outcome": outcome, "after": self.chance.choice(["0m", "1m"])}
        answer = visitor.call("/v1/sandbox/payments", body)
        self.day.did(f"debits ({outcome})" if answer.status_code == 201 else f"debits refused: {_why(answer)}")
        if answer.status_code == 201:
            self._then_refund(visitor, answer.json()["id"], 0.2)

    def _then_refund(self, visitor: Visitor, payment_id: str, share: float) -> None:
        if payment_id:
            self.day.paid[visitor.livemode].append(payment_id)
        while self.day.paid[visitor.livemode] and self.chance.random() < share:
            self.day.over.wait(self.chance.random())
            visitor.refund(self.chance.choice(self.day.paid[visitor.livemode]), self.chance)

    # --- at Stripe

    def _at_stripe(self, visitor: Visitor) -> None:
        payment_id = visitor.pay(self.chance)
        session = self._session(payment_id)
        if not session:
            return
        kind = self.chance.choices(["pay", "decline", "settle", "bounce", "leave"], [60, 10, 12, 8, 10])[0]
        self.day.did(f"at Stripe: {kind}")
        if kind == "leave":
            return
        intent = self._money(session, kind)
        if intent:
            self.day.paid[True].append(payment_id)
            self._afterwards(visitor, payment_id, intent)

    def _session(self, payment_id: str) -> str:
        """Where the debtor was led: Stripe knows it by our payment's id."""
        api = self.day.api
        with api.lock:
            open_ = [one for one in api.objects.values() if one["object"] == "checkout.session"]
        mine = [one["id"] for one in open_ if one["client_reference_id"] == payment_id and one["status"] == "open"]
        return str(mine[0]) if payment_id and mine else ""

    def _money(self, session: str, kind: str) -> str:
        api, chance = self.day.api, self.chance
        with api.lock:
            if api.objects[session]["status"] != "open":
                return ""  # somebody else pays it just now
            if kind == "decline":
                api.decline(session)
            if kind in ("pay", "decline"):
                return api.pay(session)
            intent = api.debit(session)
        self.day.over.wait(chance.random())
        api.debit_ends(intent, failure="The account has insufficient funds." if kind == "bounce" else "")
        return intent if kind == "settle" else ""

    def _afterwards(self, visitor: Visitor, payment_id: str, intent: str) -> None:
        """What may follow: a refund by us or at Stripe (which may fail), a dispute (of a part), won or lost."""
        api, chance = self.day.api, self.chance
        kind = chance.choices(["", "ours", "theirs", "fails", "dispute", "part"], [45, 20, 8, 7, 14, 6])[0]
        self.day.over.wait(2 * chance.random())
        if kind:
            self.day.did(f"afterwards: {kind}")
        if kind == "ours":
            visitor.refund(payment_id, chance)
        elif kind in ("theirs", "fails"):
            amount = api.objects[intent]["amount"]
            made = api.refund(intent, amount if chance.random() < 0.5 else max(1, amount // 3))
            if kind == "fails":
                api.refund_ends(made["id"], "failed")
        elif kind:
            amount = api.objects[intent]["amount"]
            dispute = api.dispute(intent, amount=amount // 2 if kind == "part" else None)
            self.day.over.wait(chance.random())
            api.dispute_ends(dispute, chance.choice(["won", "lost"]))


class Callbacks(threading.Thread):
    """Stripe's callbacks: each event one to three times, at moments that shuffle them, until it is taken."""

    def __init__(self, day: Day, seed: int, delay: float = 2.0) -> None:
        super().__init__(name="callbacks", daemon=True)
        self.day, self.delay, self.chance = day, delay, random.Random(seed)
        self.known, self.posted = 0, 0
        self.waiting: list[tuple[float, int, Object]] = []
        self.ended = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.day.base_url, timeout=30, trust_env=False) as http:
            while not self.ended.is_set() or self.waiting:
                self._gather()
                if not self.waiting or self.waiting[0][0] > time.monotonic():
                    time.sleep(0.05)
                    continue
                _, number, event = heapq.heappop(self.waiting)
                if not self._post(http, event):
                    heapq.heappush(self.waiting, (time.monotonic() + 1, number, event))

    def _gather(self) -> None:
        self.day.api.clock = int(time.time())
        events = self.day.api.events
        for event in events[self.known :]:
            self.known += 1
            for copy in range(self.chance.choice([1, 1, 2, 3])):
                due = time.monotonic() + self.chance.random() * self.delay
                heapq.heappush(self.waiting, (due, self.known * 10 + copy, event))

    def _post(self, http: httpx.Client, event: Object) -> bool:
        body, signature = signed(event)
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        try:
            taken = http.post("/callbacks/stripe", content=body, headers=headers).status_code == 200
        except httpx.HTTPError:
            taken = False
        self.posted += 1
        self.day.did("callbacks taken" if taken else "callbacks sent again")
        return taken

    def stop(self, seconds: float = 120) -> None:
        """Once everything that has happened is told."""
        self.ended.set()
        self.join(seconds)
        if self.is_alive():
            raise SystemExit("Stripe's callbacks are not taken any more.")
