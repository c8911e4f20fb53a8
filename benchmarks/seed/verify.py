"""What must be true of a database however it was filled, asked in a few whole-table questions."""

from collections.abc import Iterator

from django.db import connection

# Each counts what breaks the rule; all must be 0.
_RULES = {
    "every balance is the sum of its ledger": """
        SELECT count(*) FROM campaigns_case c LEFT JOIN
          (SELECT case_id, sum(amount_minor) AS total FROM campaigns_ledgerentry GROUP BY case_id) l ON l.case_id = c.id
        WHERE c.balance_minor IS DISTINCT FROM l.total""",
    "what was collected is what the ledger's payments took off": """
        SELECT count(*) FROM campaigns_case c LEFT JOIN
          (SELECT case_id, -sum(amount_minor) AS total FROM campaigns_ledgerentry WHERE kind = 'payment'
           GROUP BY case_id) l ON l.case_id = c.id
        WHERE c.collected_minor <> coalesce(l.total, 0)""",
    "every payment is allocated to the cent": """
        SELECT count(*) FROM payments_payment p LEFT JOIN
          (SELECT payment_id, sum(amount_minor) AS total FROM payments_allocation GROUP BY payment_id) a
          ON a.payment_id = p.id
        WHERE p.status = 'succeeded' AND p.amount_minor IS DISTINCT FROM a.total""",
    "a paid case owes nothing, an open one does": """
        SELECT count(*) FROM campaigns_case WHERE (close_reason = 'paid') AND balance_minor <> 0
          OR closed_at IS NULL AND balance_minor <= 0""",
    "a closed case has nothing planned and no open hold": """
        SELECT count(*) FROM campaigns_case c WHERE c.closed_at IS NOT NULL AND
          (EXISTS (SELECT 1 FROM campaigns_step s WHERE s.case_id = c.id AND s.status = 'planned')
           OR EXISTS (SELECT 1 FROM campaigns_hold h WHERE h.case_id = c.id AND h.released_at IS NULL))""",
    "campaigns count and total their cases, 500 at most": """
        SELECT count(*) FROM campaigns_campaign p LEFT JOIN
          (SELECT campaign_id, count(*) AS n, sum(placed_minor) AS total FROM campaigns_case GROUP BY campaign_id) c
          ON c.campaign_id = p.id
        WHERE p.debtors_enrolled IS DISTINCT FROM c.n OR p.total_minor IS DISTINCT FROM c.total OR c.n > 500""",
    "event numbers have no gap and end where the counter stands": """
        SELECT count(*) FROM events_counter n LEFT JOIN
          (SELECT organisation_id, livemode, count(*) AS n, max(sequence) AS last FROM events_event
           WHERE sequence IS NOT NULL GROUP BY organisation_id, livemode) e USING (organisation_id, livemode)
        WHERE n.value <> coalesce(e.last, 0) OR coalesce(e.n, 0) <> coalesce(e.last, 0)""",
    "every number stands in its event's payload too": """
        SELECT count(*) FROM (SELECT sequence, payload FROM events_event WHERE sequence IS NOT NULL
          ORDER BY id LIMIT 20000) e WHERE (payload::json ->> 'sequence')::bigint <> sequence""",
    "nothing lies in the future but what is planned": """
        SELECT (SELECT count(*) FROM campaigns_case WHERE created_at > now() OR closed_at > now())
          + (SELECT count(*) FROM payments_payment WHERE received_at > now())
          + (SELECT count(*) FROM events_event WHERE created_at > now())""",
}


class Broken(Exception):
    """The database breaks a rule."""


def everything() -> Iterator[str]:
    """One line per rule that holds. Raises Broken at the first that does not."""
    with connection.cursor() as cursor:
        for rule, question in _RULES.items():
            cursor.execute(question)
            broken = cursor.fetchone()[0]
            if broken:
                raise Broken(f"{broken:,} rows break: {rule}")
            yield f"  holds: {rule}"
