"""Plain words for what is written, asked of a person, agreed upon and objected to; `dashboard.words` has the rest."""

INTENT = {
    "first_reminder": "First reminder",
    "second_reminder": "Second reminder",
    "escalate_controller": "Third reminder",
    "escalate_decision_maker": "Reminder to the decision maker",
    "new_angle": "Another way to settle it",
    "last_before_next_steps": "Last reminder",
    "first_call": "First call",
    "call_decision_maker": "Call to the decision maker",
    "offer": "Offer to an attorney",
    "escalate": "Handover to an attorney",
    "monthly_statement": "Monthly statement",
    "promise_reminder": "Reminder of a promise",
    "promise_broken": "A promise was not kept",
    "settlement_offer": "Settlement offer",
    "plan_default": "An instalment was missed",
    "answer_promise": "Answer: their promise",
    "answer_plan_options": "Answer: instalments",
    "answer_plan_confirmed": "Answer: the plan is agreed",
    "answer_invoice_copy": "Answer: a copy of the invoice",
    "answer_copy_coming": "Answer: a copy is on its way",
    "answer_paid_claim": "Answer: they say it is paid",
    "answer_dispute": "Answer: their objection",
    "answer_wrong_person": "Answer: the wrong person",
    "answer_referral": "Answer: somebody else is in charge",
    "answer_who_writes": "Answer: who writes",
    "answer_hardship": "Answer: hard times",
    "answer_general": "Answer",
    "notice_opt_out": "Confirmation: no more e-mail",
    "notice_cease": "Confirmation: no more contact",
    "notice_dispute": "Confirmation: their objection",
    "notice_receipt": "Receipt",
    "notice_link": "The link that they asked for",
}
# What a person is asked for, by the kind of the task: (title, what it is about).
TASK = {
    "approve": ("Messages to approve", "Written, and not sent before you say so."),
    "call": ("Calls to make", "Somebody dials, with the words at hand."),
    "decide_cease": ("Do they want no more contact?", "Nothing is sent until you say what they meant."),
    "review_reply": ("Replies to read", "Their words were not clear enough to act on. Nothing is sent meanwhile."),
    "document_needed": ("Documents they ask for", "Only you have them."),
    "match_payment": ("Payments to match", "Money came in that no invoice was found for."),
    "contact_needed": ("Contacts to add", "Nobody is left to write to."),
    "possible_duplicate": ("Two debtors or one?", "Companies of the same name: contacts to one may count for both."),
    "answer_dispute": ("Objections to answer", "The invoice waits until you answer and say how it ended."),
    "check_payment": ("Payments to look for", "They say that they paid."),
    "resolve_doubt": (
        "Did it leave?",
        "A worker stopped at the worst moment. It is not repeated before you say which.",
    ),
    "approve_offer": ("Settlements to approve", "An owner, an admin or finance decides; nobody hears of them before."),
    "decide_escalation": ("Attorney, or none?", "Our own messages have come to their end; you decide what follows."),
    "return_credit": (
        "Credit to return",
        "They paid more than they owed. It is theirs until you give it back or use it.",
    ),
}
TASK_OUTCOME = {
    "approve": "Approve",
    "reject": "Reject",
    "conversation": "We spoke",
    "voicemail": "Left a message",
    "no_answer": "No answer",
    "refused_recording": "Refused recording",
    "go_on": "Go on",
    "cease": "No more contact",
    "not_available": "There is none",
    "not_found": "Not found",
    "same": "One company",
    "different": "Two companies",
    "accepted": "They are right",
    "received": "It came in",
    "not_received": "It did not",
    "sent": "It was sent",
    "not_sent": "It was not",
    "refuse": "Do not offer it",
    "escalate": "Ask an attorney",
    "keep": "No attorney",
    "returned": "Given back",
    "used": "Used for another invoice",
    "kept": "They let you keep it",
}
DISPUTE_REASON = {
    "not_received": "Nothing was received",
    "quality": "What came was faulty",
    "wrong_amount": "The amount is wrong",
    "already_paid": "It is paid already",
    "not_ordered": "It was not ordered",
    "duplicate": "It was invoiced twice",
    "wrong_debtor": "It is not theirs",
    "other": "Something else",
}
# What is due on a test clock, by kind (sandbox.due.KINDS); a step is called by its intent.
DUE = {
    "inbound": "A mail is read",
    "reaction": "The debtor does something",
    "hold": "A hold ends",
    "promise": "A promise is judged",
    "promise_moved": "A promise is looked at again",
    "instalment": "An instalment is judged",
    "plan": "An offered plan lapses",
    "plan_moved": "A plan is looked at again",
    "plan_moot": "An offered plan is taken back",
    "settlement": "A settlement offer ends",
    "settlement_moot": "A settlement offer is taken back",
    "task": "A question to you lapses",
    "referral_moot": "An attorney is needed no more",
    "offer_near": "An offer to an attorney is announced",
    "playbook_over": "The playbook has ended",
    "offer_authorised": "An attorney is asked",
    "offer_due": "An attorney is asked",
    "offer_over": "An offer to an attorney has ended",
    "attorney_answers": "An attorney answers",
    "attorney_begins": "An attorney begins",
    "step": "A contact",
    "judgement": "Handover to an attorney",
}
AGREED_SOURCE = {
    "page": "on the payment page",
    "reply": "in a reply",
    "call": "on the phone",
    "creditor": "recorded by you",
    "sandbox": "in the sandbox",
}
REPLY_LABEL = {
    "promise_to_pay": "Promises to pay",
    "paid_claim": "Says it is paid",
    "dispute": "Objects",
    "request_info": "Asks for information",
    "payment_plan": "Asks for instalments",
    "hardship": "Cannot pay now",
    "wrong_person": "Not the right person",
    "refer_to_contact": "Names somebody else",
    "out_of_office": "Out of office",
    "unsubscribe": "Wants no more e-mail",
    "cease": "Wants no more contact",
    "legal_threat": "Threatens legal steps",
    "attorney_represented": "Has an attorney",
    "asks_if_human": "Asks who writes",
    "bankruptcy": "Speaks of insolvency",
    "deceased": "Somebody has died",
    "hostile": "Angry, and asks for nothing",
    "inconvenient_time": "Names times that do not suit",
    "channel_preference": "Wants to be reached otherwise",
    "vulnerable": "Is in a difficult situation",
    "vendor_portal": "Wants it in a supplier portal",
    "bounce": "A delivery failure",
    "other": "Something else",
}
_NOTED = "It is kept with the reply, and what waited goes on."
_SUITS = "Times and media that their words name are held to from now on; what waited goes on."
# What a person can say a reply is, by what follows: (heading, {label: (answer, what it does)}).
REPLY_MEANS: tuple[tuple[str, dict[str, tuple[str, str]]], ...] = (
    (
        "Contact ends, or waits",
        {
            "cease": (
                "They want no more contact",
                "Nothing goes out on any channel, on all of their invoices. You are then asked whether to close them.",
            ),
            "unsubscribe": ("They want no more e-mail", "The address is closed for e-mail; other channels stay open."),
            "attorney_represented": ("An attorney acts for them", "Nothing more is sent to this debtor."),
            "legal_threat": ("They speak of lawyers or courts", "Nothing is sent to this debtor while it is reviewed."),
            "bankruptcy": ("They are insolvent", "Nothing more is sent to this debtor."),
            "deceased": ("The person has died", "Nothing more is sent to this debtor."),
            "hardship": ("They cannot pay", "Nothing is sent to this debtor until the hold ends."),
            "vulnerable": ("They are in a difficult situation", "Nothing is sent to this debtor until the hold ends."),
        },
    ),
    (
        "About the invoice",
        {
            "promise_to_pay": (
                "They promise to pay",
                "The amount and the day in their words become a promise; where one is missing, it stays here.",
            ),
            "paid_claim": (
                "They say it is paid",
                "Asking stops, they are asked for proof, and you look for the money.",
            ),
            "dispute": ("They object", "A dispute is opened; nothing is sent about this invoice meanwhile."),
            "payment_plan": (
                "They ask for instalments",
                "They are told what you grant; where you grant no plan, it stays here.",
            ),
            "request_info": (
                "They ask for the invoice or another document",
                "They are told what you share with them; where that is nothing, you are asked for it.",
            ),
        },
    ),
    (
        "About whom to write to, when and how",
        {
            "wrong_person": (
                "Not the right person",
                "They are not written to again; it stays here until you know who is.",
            ),
            "refer_to_contact": (
                "They name somebody else",
                "That person is written to from now on, where the address is of their company.",
            ),
            "out_of_office": ("Out of office", "What would go to this person waits for the day they name."),
            "inconvenient_time": ("They name times that do not suit", _SUITS),
            "channel_preference": ("They want to be reached otherwise", _SUITS),
            "asks_if_human": ("They ask who writes", "They are told."),
        },
    ),
    (
        "Nothing follows by itself",
        {
            "hostile": ("Angry, and asks for nothing", _NOTED),
            "vendor_portal": ("They want it in their supplier portal", _NOTED),
            "bounce": ("It is a delivery failure", _NOTED),
            "other": ("Something else", _NOTED),
        },
    ),
)
# What a guard watches over, before its own words (compliance.guards.GUARDS).
GUARD = {
    "amounts": "Only amounts of this account may stand in it",
    "dates": "Only dates of this account may stand in it",
    "identifiers": "Only numbers of this account may stand in it",
    "links": "Only your own links and addresses may stand in it",
    "phones": "Only your own telephone number may stand in it",
    "bank_data": "No bank or card data may stand in it",
    "opt_out": "The way to opt out must stand in it",
    "disclosures": "What the law makes us say must stand in it",
    "attorney": "It may not speak of attorneys, courts or offices",
    "identity": "It may not pretend to be somebody",
    "threats": "It may not threaten",
    "insults": "It may not shame or insult",
    "commitments": "It may announce only what is planned",
    "promises": "It may not promise on your behalf",
    "offers": "It may offer only what you grant",
    "pressure": "It may not press while they may still object",
    "urgency": "It may not make false haste",
    "legal_advice": "It may not advise on the law",
    "received": "It may not say that money came",
    "leaks": "It may not tell how the engine works",
    "asks": "One message asks for one thing",
    "language": "It must be in one language",
    "free_sentences": "A sentence of one's own may not carry facts",
    "length": "It must be short",
    "shouting": "It may not shout",
}
# Media that can be closed, spoken of in a sentence.
CHANNEL = {"email": "e-mail", "call": "calls", "sms": "text messages", "letter": "letters", "all": "everything"}
SUPPRESSION = {
    "opt_out": "They opted out",
    "bounce": "Mail to it came back",
    "complaint": "They reported a message as spam",
    "wrong_person": "It is not theirs",
}
CONSENT = {
    "express": "Agreed to it, by a machine too",
    "person": "Agreed to it",
    "esign": "Agreed to get notices electronically",
}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RECONCILED = {
    "came": "Payments",
    "refunded": "Refunds",
    "taken": "Disputes and returned debits",
    "again": "Came again",
    "other": "Other lines",
}
# Why two books differ: its name, its tone, and what it means.
DIFFERS = {
    "amount": ("The amounts differ", "bad", "Both have it, and not with the same amount: someone should look."),
    "not_booked": (
        "Not booked here",
        "bad",
        "The processor has the money, and here it has not come. Its next message, or a sweep, settles it in minutes.",
    ),
    "no_entry": (
        "No line of the processor yet",
        "warn",
        "It moved here, and the processor’s books do not say so yet. They are read every ten minutes.",
    ),
    "not_ours": (
        "Not through here",
        "",
        "Lines of the processor about no payment of ours: your other business at the same account.",
    ),
    "under_way": (
        "Refund under way",
        "",
        "The processor has taken the money out; whether it arrives is not known yet.",
    ),
    "converted": ("Booked in another currency", "", "The processor converted it, so it stands under two currencies."),
    "edge": ("At the edge of the month", "", "Both books agree by now; one wrote it down in another month."),
    "heading": (
        "Under another heading",
        "",
        "The same money, such as a dispute about a part of a payment, which is a refund here.",
    ),
}
BANK_DIFFERS = {
    "no_line": "Without a line of a statement",
    "no_payment": "Booked, but its payment does not stand",
    "line_amount": "Line and payment differ",
}
ENTRY_KIND = {
    "charge": "Payment",
    "refund": "Refund",
    "refund_failed": "Refund that came back",
    "dispute": "Dispute",
    "dispute_won": "Dispute won",
    "fee": "Fee of the processor",
    "payout": "Payout",
    "other": "Other",
}
PAYMENT_SOURCE = {
    "page": "Payment page",
    "transfer": "Bank transfer",
    "reported": "Reported by you",
    "attorney": "Through an attorney",
    "sandbox": "Sandbox",
}
PAYMENT_METHOD = {
    "bank_transfer": "Bank transfer",
    "card": "Card",
    "ach_debit": "Bank debit (ACH)",
    "check": "Check",
    "cash": "Cash",
    "other": "Another way",
}
# Where money of a payment stands, by component.
COMPONENT = {
    "principal": "Principal",
    "interest": "Interest",
    "fees": "Fees",
    "unapplied": "Credit: paid nothing yet",
    "returned": "Went back to them",
}
