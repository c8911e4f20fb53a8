"""Who the debtors of a simulated portfolio are: how many of a hundred are which (sandbox.personas), and where."""

from dataclasses import dataclass, field

# A region and the zone its debtors declare, if they do: what the law reads hours from.
US = ("NY", "CA", "TX", "FL", "IL", "PA", "OH", "GA", "NC", "MI", "NJ", "VA", "WA", "AZ", "MA", "TN", "CO", "HI", "AK")


@dataclass(frozen=True, slots=True)
class Mix:
    """`people`: persona → weight. `delays`: the longest a payer waits, in days. `chances` out of 1: a debtor has a
    second and third person, a second and third invoice, a telephone, a declared zone that contradicts its region."""

    words: str
    people: dict[str, float]
    longest_delay: int = 45
    second_person: float = 0.7
    third_person: float = 0.5
    second_invoice: float = 0.2
    third_invoice: float = 0.05
    telephone: float = 0.8
    contradicting_zone: float = 0.0
    regions: tuple[str, ...] = US
    phones: dict[str, float] = field(
        default_factory=lambda: {"0100": 3, "0101": 5, "0102": 1, "0103": 0.5, "0199": 4}  # 0199: nobody answers
    )


MIXES = {
    "default": Mix(
        words="What a creditor's overdue book looks like: most pay late, some talk, some never answer.",
        people={
            "pays": 36,
            "pays_half": 5,
            "promises_keeps": 8,
            "promises_breaks": 5,
            "disputes": 5,
            "plan": 5,
            "bounces": 4,
            "complains": 0.5,
            "ooo": 4,
            "wrong_person": 3,
            "opts_out": 2,
            "cease": 1,
            "attorney": 1,
            "bankrupt": 1,
            "hostile": 1.5,
            "injection": 0.5,
            "reverses": 1.5,
            "silent": 16,
        },
    ),
    "hostile": Mix(
        words="Whatever makes contact wrong: stops, disputes, lawyers, returns, contradictions, many hands.",
        people={
            "pays": 8,
            "pays_half": 6,
            "promises_keeps": 6,
            "promises_breaks": 8,
            "disputes": 8,
            "plan": 6,
            "bounces": 8,
            "complains": 4,
            "ooo": 6,
            "wrong_person": 6,
            "opts_out": 6,
            "cease": 5,
            "attorney": 4,
            "bankrupt": 4,
            "hostile": 5,
            "injection": 5,
            "reverses": 5,
            "silent": 10,
        },
        longest_delay=20,
        second_invoice=0.5,
        third_invoice=0.3,
        telephone=0.9,
        contradicting_zone=0.15,
        phones={"0100": 4, "0101": 3, "0102": 2, "0103": 3, "0104": 2, "0108": 1, "0109": 1, "0199": 2},
    ),
    "silent": Mix(words="Nobody ever answers: the longest story there is.", people={"silent": 1}),
}
