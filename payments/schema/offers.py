"""Settlement offers."""

from typing import Any

from agentcollect.kit.described import described
from agentcollect.kit.listing import document
from agentcollect.kit.shapes import BOOL, MAYBE_TEXT, MAYBE_TIME, NUMBER, TEXT, TIME, choice, record, whole
from campaigns.rules.offers import MOST_PERCENT
from payments.models import Offer
from payments.models.agreements import Source
from payments.schema.agreements import ABOUT, DATE, MONEY, act

OFFER = whole(
    {
        "id": TEXT,
        "case_id": TEXT,
        "campaign_id": TEXT,
        "debtor_id": TEXT,
        "debtor": TEXT,
        "invoice_number": MAYBE_TEXT,
        "status": choice(Offer.Status.values),
        "source": choice(Source.values),
        "amount": NUMBER | {"description": "What has to be paid."},
        "balance": NUMBER | {"description": "What was owed when it was made."},
        "discount": NUMBER | {"description": "What is given up then."},
        "currency": TEXT,
        "valid_until": DATE | {"description": "Its last day, where you are."},
        "conditions": MAYBE_TEXT | {"description": "Shown on the payment page."},
        "reason": MAYBE_TEXT | {"description": "For your own people: no debtor sees it."},
        "drafted_by": TEXT,
        "approved_by": MAYBE_TEXT | {"description": "`policy` where your policy approves what is within the floor."},
        "payment_id": MAYBE_TEXT | {"description": "The payment that settled it."},
        "ended_because": MAYBE_TEXT,
        "livemode": BOOL,
        "created_at": TIME,
        "approved_at": MAYBE_TIME,
        "sent_at": MAYBE_TIME,
        "accepted_at": MAYBE_TIME,
        "settled_at": MAYBE_TIME | {"description": "When its payment closed the case."},
        "ended_at": MAYBE_TIME,
        "updated_at": TIME,
    }
)
OFFER_IN = record(
    [],
    amount=MONEY | {"description": "What is to be paid; or `discount_percent`."},
    discount_percent={"type": "number", "exclusiveMinimum": 0, "maximum": MOST_PERCENT},
    valid_until=DATE | {"description": "At most `settlement_days` of your offer policy ahead; left out: so long."},
    conditions=TEXT | {"maxLength": 500, "description": "The payment page shows them."},
    reason=TEXT | {"maxLength": 300, "description": "Why; for your own people."},
)
EXAMPLE: dict[str, Any] = ABOUT | {
    "id": "off_0UZ8pq1K9xQk4Fw2aBcDeF",
    "status": "sent",
    "amount": 12000,
    "balance": 15000,
    "discount": 3000,
    "valid_until": "2026-03-31",
    "conditions": "In one payment.",
    "reason": "Old debt, and they asked.",
    "drafted_by": "key:key_0UZ8pq1K9xQk4Fw2aBcDeF",
    "approved_by": "member:mem_0UZ8pq1K9xQk4Fw2aBcDeF",
    "payment_id": None,
    "ended_because": None,
    "approved_at": "2026-03-17T14:25:00Z",
    "sent_at": "2026-03-17T14:25:00Z",
    "accepted_at": None,
    "settled_at": None,
}
_DRAFT = EXAMPLE | {"status": "draft", "approved_by": None, "approved_at": None, "sent_at": None}

offers = document("list_offers", "List settlement offers", OFFER, EXAMPLE, tag="Agreements")
offer = described("get_offer", "Get one settlement offer", OFFER, EXAMPLE, tag="Agreements")
make_offer = act(
    "create_offer",
    "Draft a settlement for less than what is owed",
    "Within your offer policy's `settlement`, which gives nothing up unless you say so. It waits for an approval (a "
    "task `approve_offer`), unless `settlement_approval` is auto. One that is not sent yet gives way to a new draft.",
    OFFER,
    _DRAFT,
    201,
    OFFER_IN,
    {
        "An amount": {"amount": 12000, "valid_until": "2026-03-31", "conditions": "In one payment."},
        "A percentage": {"discount_percent": 20, "reason": "Old debt, and they asked."},
    },
)
approve_offer = act(
    "approve_offer",
    "Approve a settlement offer",
    "It may be sent then. With `second_person` in your policy, who drafted it cannot. Approved already: nothing more.",
    OFFER,
    EXAMPLE | {"status": "approved", "sent_at": None},
)
send_offer = act(
    "send_offer",
    "Make a settlement offer",
    "The payment page shows it at once, and an e-mail of its own tells of it as soon as the law lets one leave. 409 "
    "when what is owed has changed since it was drafted.",
    OFFER,
    EXAMPLE,
)
accept_offer = act(
    "accept_offer",
    "Accept a settlement offer for the debtor",
    "They said yes to you. Nothing is asked until its last day is over; a payment that comes in time closes the case.",
    OFFER,
    EXAMPLE | {"status": "accepted", "accepted_at": "2026-03-20T09:00:00Z"},
)
decline_offer = act(
    "decline_offer",
    "Decline a settlement offer for the debtor",
    "They said no to you. The whole balance is asked for as before.",
    OFFER,
    EXAMPLE | {"status": "declined", "ended_at": "2026-03-20T09:00:00Z", "ended_because": "the debtor declined it"},
)
void_offer = act(
    "void_offer",
    "Take a settlement offer back",
    "At any time before the debtor has accepted it; what they have accepted binds until its last day.",
    OFFER,
    EXAMPLE | {"status": "void", "ended_at": "2026-03-20T09:00:00Z", "ended_because": "it was taken back"},
)
