"""The phrase bank, English: intent → variant → paragraphs.

Each says what is open, why this message is written, and one thing to do. No sentence holds a number, date, name or
threat of its own, claims a fact that the ledger does not hold, or promises anything on the creditor's behalf.
`{due}` carries its own commas; paragraphs begin with a capital by themselves.
"""

Paragraphs = tuple[str, ...]

PHRASES: dict[str, dict[str, Paragraphs]] = {
    "first_reminder": {
        "a": (
            (
                "The records of {creditor} show that {the_invoice} to {debtor}{due} is still open. The balance is "
                "{amount}."
            ),
            ("An itemised statement is below, and the balance can be paid online with the link in this message."),
            (
                "If the payment is already on its way, or if something in the statement looks wrong, please reply "
                "to this message."
            ),
        ),
        "b": (
            (
                "{the_invoice}{due} is open in the records of {creditor}, with a balance of {amount}. It is "
                "addressed to {debtor}."
            ),
            (
                "The statement below lists what the balance consists of. If it is correct, it can be paid on the "
                "page linked in this message."
            ),
            "If the payment is planned for a certain day, or if anything is unclear, a short reply is enough.",
        ),
    },
    "second_reminder": {
        "a": (
            "{creditor} wrote earlier about {the_invoice}{due}. A balance of {amount} is still open.",
            (
                "Invoices often wait because something small is missing: a purchase order number, an approval, a "
                "copy of the document. If that is so here, please reply and say what is needed."
            ),
            "If everything is in order, the balance can be paid on the page linked below.",
        ),
        "b": (
            (
                "Is anything holding up {the_invoice} to {debtor}? The records of {creditor} still show {amount} "
                "as open."
            ),
            (
                "If another person or team takes care of it, please reply with the right address, so that the "
                "question reaches the right desk."
            ),
            "If it is ready to be paid, the page linked below shows the balance and takes the payment.",
        ),
    },
    "escalate_controller": {
        "a": (
            (
                "{creditor} wrote earlier to {debtor} about {the_invoice}{due}. {amount} is still open, which is "
                "why this message comes to you."
            ),
            (
                "Could you find out where the invoice stands on your side? The balance can be paid on the page "
                "linked below."
            ),
            "If there is a question about the invoice itself, a reply to this message reaches {creditor}.",
        ),
        "b": (
            (
                "This message is about {the_invoice} to {debtor}, on which {amount} is still open. Earlier "
                "messages about it went to your company."
            ),
            (
                "It would help to know whether the invoice is approved on your side. If it is, it can be paid on "
                "the page linked below."
            ),
            "If something stands in the way, please reply and say what it is.",
        ),
    },
    "last_before_next_steps": {
        "a": (
            (
                "This is the last message of this series about {the_invoice} to {debtor}{due}. A balance of "
                "{amount} is still open."
            ),
            (
                "The balance can be paid on the page linked below. If there is a reason why it cannot be paid "
                "yet, please reply and say so."
            ),
            "Without either, {creditor} decides how to go on with the invoice.",
        ),
        "b": (
            (
                "{creditor} has written before about {the_invoice}{due}, and {amount} is still open. This is the "
                "last message of this series."
            ),
            (
                "Paying the balance on the page linked below settles the invoice. A reply that says what stands "
                "in the way, or proposes a date, is welcome too."
            ),
            "If neither comes, {creditor} decides how to go on with the invoice.",
        ),
    },
}
