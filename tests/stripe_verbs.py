"""What happens at the Stripe of our tests: the verbs are what debtors, banks and creditors do there, each writing its
events. tests/stripe_server.py speaks its API."""

import copy
import threading
import time
from typing import Any

from agentcollect.kit import ids

Object = dict[str, Any]


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": {"type": kind, "code": code, "message": message}}


class Happenings:
    """The state of one Stripe: objects by id, events in the order in which they happened."""

    def __init__(self) -> None:
        self.url = ""
        self.objects: dict[str, Object] = {}
        self.owner: dict[str, str] = {}
        self.events: list[Object] = []
        self.asked: list[tuple[str, str, str, Object]] = []
        self.kept: dict[tuple[str, str], tuple[Object, int, Object]] = {}
        # What the next calls meet instead of an answer: "500", "429", "drop", "slow", "garbage", "lost".
        self.faults: list[str] = []
        self.accounts: set[str] = set()
        self.lock = threading.RLock()
        self.clock = int(time.time())
        self._number, self._tag = 0, ids.random62(6)

    # --- objects

    def _id(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}_{self._tag}{self._number:06}"

    def new(self, kind: str, prefix: str, account: str, **fields: Any) -> Object:
        made = {"id": self._id(prefix), "object": kind, "created": self.clock, "livemode": False, **fields}
        self.objects[made["id"]], self.owner[made["id"]] = made, account
        return made

    def of(self, kind: str, account: str) -> list[Object]:
        """Newest first."""
        found = [one for key, one in self.objects.items() if one["object"] == kind and self.owner[key] == account]
        return found[::-1]

    def account(self, organisation_id: str) -> str:
        made = self.new(
            "account",
            "acct",
            "",
            type="standard",
            metadata={"organisation_id": organisation_id},
            charges_enabled=True,
            payouts_enabled=True,
            requirements={"currently_due": []},
            business_profile={"name": "Creditor"},
        )
        self.accounts.add(made["id"])
        return made["id"]

    # --- what happens there

    def event(self, kind: str, carried: Object, account: str | None = None) -> None:
        owner = self.owner[carried["id"]] if account is None else account
        self.events.append(
            {
                "id": self._id("evt"),
                "object": "event",
                "type": kind,
                "created": self.clock,
                "livemode": False,
                "account": owner,
                "api_version": "2026-10-28.endive",
                "data": {"object": copy.deepcopy(carried)},
            }
        )

    def book(self, account: str, category: str, amount: int, currency: str, source: Object, fee: int = 0) -> Object:
        return self.new(
            "balance_transaction",
            "txn",
            account,
            amount=amount,
            fee=fee,
            net=amount - fee,
            currency=currency,
            reporting_category=category,
            type=category,
            source=source["id"],
            payout=None,
        )

    def _intent(self, session: Object, method: str) -> Object:
        account = self.owner[session["id"]]
        asked = session["payment_intent_data"]
        found = self.objects.get(session["payment_intent"] or "")
        if found is None:
            found = self.new(
                "payment_intent",
                "pi",
                account,
                amount=session["amount_total"],
                amount_received=0,
                currency=session["currency"],
                metadata=asked.get("metadata", {}),
                status="requires_payment_method",
                latest_charge=None,
                last_payment_error=None,
            )
            session["payment_intent"] = found["id"]
        charge = self.new(
            "charge",
            "ch",
            account,
            amount=found["amount"],
            amount_refunded=0,
            currency=found["currency"],
            metadata=found["metadata"],
            payment_intent=found["id"],
            payment_method_details={"type": method},
            refunded=False,
            disputed=False,
            status="pending",
            balance_transaction=None,
        )
        found["latest_charge"] = charge["id"]
        return found

    def pay(self, session_id: str, *, fee: int | None = None, method: str = "card") -> str:
        """The debtor pays by card; returns the payment intent."""
        with self.lock:
            session = self.objects[session_id]
            assert session["status"] == "open"
            intent = self._intent(session, method)
            session |= {"status": "complete", "payment_status": "paid"}
            self._succeed(intent, fee)
            self.event("checkout.session.completed", session)
            return str(intent["id"])

    def _succeed(self, intent: Object, fee: int | None = None) -> None:
        charge = self.objects[intent["latest_charge"]]
        kept = round(intent["amount"] * 0.029) + 30 if fee is None else fee
        booked = self.book(self.owner[intent["id"]], "charge", intent["amount"], intent["currency"], charge, kept)
        charge |= {"status": "succeeded", "balance_transaction": booked["id"]}
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        self.event("payment_intent.succeeded", intent)
        self.event("charge.succeeded", charge)

    def decline(self, session_id: str) -> None:
        """A card is declined; the session stays open."""
        with self.lock:
            intent = self._intent(self.objects[session_id], "card")
            intent["last_payment_error"] = {"message": "Your card was declined."}
            self.objects[intent["latest_charge"]]["status"] = "failed"
            self.event("payment_intent.payment_failed", intent)

    def debit(self, session_id: str, method: str = "us_bank_account") -> str:
        """The debtor allows a bank debit: on its way for days."""
        with self.lock:
            session = self.objects[session_id]
            intent = self._intent(session, method)
            session |= {"status": "complete", "payment_status": "unpaid"}
            intent["status"] = "processing"
            self.event("checkout.session.completed", session)
            self.event("payment_intent.processing", intent)
            return str(intent["id"])

    def debit_ends(self, intent_id: str, *, failure: str = "") -> None:
        with self.lock:
            intent = self.objects[intent_id]
            session = next(one for one in self.objects.values() if one.get("payment_intent") == intent_id)
            if failure:
                intent |= {"status": "requires_payment_method", "last_payment_error": {"message": failure}}
                self.event("payment_intent.payment_failed", intent)
                self.event("checkout.session.async_payment_failed", session)
                return
            session["payment_status"] = "paid"
            self._succeed(intent)
            self.event("checkout.session.async_payment_succeeded", session)

    def expire(self, session_id: str) -> Object:
        with self.lock:
            session = self.objects[session_id]
            if session["status"] != "open":
                raise Refused(400, "", 'Only Checkout Sessions with a status in ["open"] can be expired.')
            session |= {"status": "expired", "url": None}
            self.event("checkout.session.expired", session)
            return session

    def refund(
        self, intent_id: str, amount: int, *, metadata: Object | None = None, status: str = "succeeded"
    ) -> Object:
        """Asked for by us, or by the creditor at Stripe's own pages."""
        with self.lock:
            intent = self.objects.get(intent_id) or {}
            charge = self.objects.get(intent.get("latest_charge") or "")
            if charge is None or amount > charge["amount"] - charge["amount_refunded"]:
                raise Refused(400, "charge_already_refunded", "The amount is greater than the unrefunded amount.")
            account = self.owner[intent_id]
            made = self.new(
                "refund",
                "re",
                account,
                amount=amount,
                currency=intent["currency"],
                payment_intent=intent_id,
                charge=charge["id"],
                metadata=metadata or {},
                reason=None,
                failure_reason=None,
                status=status,
            )
            charge["amount_refunded"] += amount
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            self.book(account, "refund", -amount, intent["currency"], made)
            self.event("refund.created", made)
            self.event("charge.refunded", charge)
            return made

    def refund_ends(self, refund_id: str, status: str) -> None:
        with self.lock:
            made = self.objects[refund_id]
            made["status"] = status
            if status == "failed":
                made["failure_reason"] = "lost_or_stolen_card"
                self.objects[made["charge"]]["amount_refunded"] -= made["amount"]
                self.book(self.owner[refund_id], "refund_failure", made["amount"], made["currency"], made)
                self.event("refund.failed", made)
            self.event("refund.updated", made)
            self.event("charge.refund.updated", made)

    def dispute(self, intent_id: str, *, amount: int | None = None, status: str = "needs_response") -> str:
        """The debtor objects at their bank."""
        with self.lock:
            intent = self.objects[intent_id]
            charge = self.objects[intent["latest_charge"]]
            minor = charge["amount"] - charge["amount_refunded"] if amount is None else amount
            account = self.owner[intent_id]
            made = self.new(
                "dispute",
                "dp",
                account,
                amount=minor,
                currency=intent["currency"],
                charge=charge["id"],
                payment_intent=intent_id,
                reason="fraudulent",
                status=status,
                balance_transactions=[],
            )
            charge["disputed"] = True
            self.event("charge.dispute.created", made)
            if not status.startswith("warning"):
                self.book(account, "dispute", -minor, intent["currency"], made, 1500)
                self.event("charge.dispute.funds_withdrawn", made)
            return str(made["id"])

    def dispute_ends(self, dispute_id: str, status: str) -> None:
        with self.lock:
            made = self.objects[dispute_id]
            made["status"] = status
            if status == "won":
                self.book(self.owner[dispute_id], "dispute_reversal", made["amount"], made["currency"], made)
                self.event("charge.dispute.funds_reinstated", made)
            self.event("charge.dispute.closed", made)

    def pay_out(self, account: str, currency: str = "usd") -> str:
        """Stripe's daily payout of all that stands in the balance."""
        with self.lock:
            lines = [
                one
                for one in self.of("balance_transaction", account)
                if one["payout"] is None and one["currency"] == currency
            ]
            bank = self.new("bank_account", "ba", account, bank_name="STRIPE TEST BANK", last4="6789")
            made = self.new(
                "payout",
                "po",
                account,
                amount=sum(one["net"] for one in lines),
                currency=currency,
                status="in_transit",
                automatic=True,
                arrival_date=self.clock + 86_400,
                destination=bank["id"],
                failure_message=None,
            )
            lines.append(self.book(account, "payout", -made["amount"], currency, made))
            for one in lines:
                one["payout"] = made["id"]
            self.event("payout.created", made)
            return str(made["id"])

    def payout_ends(self, payout_id: str, status: str, failure: str | None = None) -> None:
        with self.lock:
            self.objects[payout_id] |= {"status": status, "failure_message": failure}
            self.event(f"payout.{status}", self.objects[payout_id])
