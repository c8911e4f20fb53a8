"""What waits and what comes next: holds, planned steps, and what a person must do."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import OnClock, ParentKey, Tenant, TenantChild


class Hold(OnClock, Tenant):
    """A reason to wait, on a campaign, debtor, case or contact. What law or debtor set is not the creditor's."""

    class Kind(models.TextChoices):
        CREDITOR_PAUSE = "creditor_pause"
        APPROVAL = "approval"
        EXCLUDED = "excluded"
        DO_NOT_CONTACT = "do_not_contact"
        DISPUTE = "dispute"
        PROMISE = "promise"
        PLAN = "plan"
        OFFER = "offer"
        PAID_CLAIM = "paid_claim"
        PAYMENT_PROCESSING = "payment_processing"
        BALANCE_UNCONFIRMED = "balance_unconfirmed"
        DOMAIN_UNVERIFIED = "domain_unverified"
        CEASE = "cease"
        ATTORNEY_REPRESENTED = "attorney_represented"
        BANKRUPTCY = "bankruptcy"
        DECEASED = "deceased"
        HARDSHIP = "hardship"
        IDENTITY_DOUBT = "identity_doubt"
        COMPLIANCE_REVIEW = "compliance_review"
        LEGAL_HOLD = "legal_hold"

    id = PublicIdField("hld")
    kind = models.CharField(max_length=24, choices=Kind.choices)
    campaign = ParentKey("campaigns.Campaign", null=True)
    debtor = ParentKey("campaigns.Debtor", null=True)
    case = ParentKey("campaigns.Case", null=True)
    contact = ParentKey("campaigns.Contact", null=True)
    # The creditor's rule that placed it; it goes with the rule.
    exclusion = ParentKey("campaigns.Exclusion", null=True)
    ends_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=80, blank=True, default="", db_default="")
    evidence = models.JSONField(default=dict)
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="hold_on_one_thing",
                condition=(
                    Q(campaign__isnull=False, debtor=None, case=None, contact=None)
                    | Q(campaign=None, debtor__isnull=False, case=None, contact=None)
                    | Q(campaign=None, debtor=None, case__isnull=False, contact=None)
                    | Q(campaign=None, debtor=None, case=None, contact__isnull=False)
                ),
            ),
            *(
                models.UniqueConstraint(
                    fields=["exclusion", name],
                    name=f"hold_excluded_{name}_once",
                    condition=Q(exclusion__isnull=False, released_at=None),
                )
                for name in ("debtor", "case", "contact")
            ),
        ]
        indexes = [
            models.Index(
                fields=[name], name=f"hold_open_{name}", condition=Q(released_at=None, **{f"{name}__isnull": False})
            )
            for name in ("campaign", "debtor", "case", "contact")
        ]
        indexes += [
            models.Index(
                fields=["ends_at"],
                name="hold_ending",
                condition=Q(released_at=None, ends_at__isnull=False, clock_id=""),
            ),
            models.Index(
                fields=["clock_id", "ends_at"],
                name="hold_ending_on_clock",
                condition=Q(released_at=None, ends_at__isnull=False) & ~Q(clock_id=""),
            ),
            models.Index(
                fields=["organisation", "livemode", "kind"], name="hold_open_kind", condition=Q(released_at=None)
            ),
            models.Index(fields=["exclusion"], name="hold_exclusion", condition=Q(exclusion__isnull=False)),
            # An unrecalled case stands as it stood: with the holds that its closing ended.
            models.Index(
                fields=["case"], name="hold_ended_case", condition=Q(case__isnull=False, released_at__isnull=False)
            ),
        ]

    class Integrity:
        tenant_parents = {
            "campaign_id": "campaigns.Campaign",
            "debtor_id": "campaigns.Debtor",
            "case_id": "campaigns.Case",
            "contact_id": "campaigns.Contact",
            "exclusion_id": "campaigns.Exclusion",
        }


class Step(OnClock, TenantChild):
    """One planned act of the playbook. `created_at` is when it was planned; the lease is what a worker holds on it.

    `attempt` counts plans of the same act (a deferred step keeps its row). `handed_over_at` is committed before the
    bytes that cannot be taken back: a step found with it and without a result is `unconfirmed`, and never resent.
    """

    class Status(models.TextChoices):
        PLANNED = "planned"
        SENDING = "sending"
        HANDED_OVER = "handed_over"
        SENT = "sent"
        DENIED = "denied"
        CANCELLED = "cancelled"
        FAILED = "failed"
        UNCONFIRMED = "unconfirmed"
        NEEDS_HUMAN = "needs_human"
        SKIPPED = "skipped"

    id = PublicIdField("stp")
    campaign = ParentKey("campaigns.Campaign")
    debtor = ParentKey("campaigns.Debtor")
    case = ParentKey("campaigns.Case")
    contact = ParentKey("campaigns.Contact", null=True)
    version = models.PositiveIntegerField(default=1)
    index = models.SmallIntegerField()
    channel = models.CharField(max_length=8)
    attempt = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=10, default="outreach")
    intent = models.CharField(max_length=40)
    level = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PLANNED)
    due_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    # What an answer or notice is about (a reply, a promise, a plan, a dispute), and the facts its words need.
    cause = IdRefField(default="", db_default="")
    facts = models.JSONField(default=dict, db_default={})
    decision_id = IdRefField()
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "version", "index", "channel", "attempt"], name="step_once"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="step_due", condition=Q(status="planned", clock_id="")),
            models.Index(
                fields=["clock_id", "due_at"],
                name="step_due_on_clock",
                condition=Q(status="planned") & ~Q(clock_id=""),
            ),
            models.Index(
                fields=["lease_until"], name="step_leased", condition=Q(status__in=["sending", "handed_over"])
            ),
            models.Index(fields=["campaign", "due_at"], name="step_campaign", condition=Q(status="planned")),
        ]

    class Integrity:
        tenant_parents = {
            "campaign_id": "campaigns.Campaign",
            "debtor_id": "campaigns.Debtor",
            "case_id": "campaigns.Case",
            "contact_id": "campaigns.Contact",
        }

    def __str__(self) -> str:
        return f"{self.intent} ({self.status})"


class Task(OnClock, TenantChild):
    """What the engine leaves to a person. It closes itself when its cause is gone.

    `cause` is what it is about (a step, a reply, a case…): one task of a kind is open for it at a time.
    """

    class Kind(models.TextChoices):
        CALL = "call"
        APPROVE = "approve"
        DECIDE_CEASE = "decide_cease"
        REVIEW_REPLY = "review_reply"
        DOCUMENT_NEEDED = "document_needed"
        MATCH_PAYMENT = "match_payment"
        CONTACT_NEEDED = "contact_needed"
        POSSIBLE_DUPLICATE = "possible_duplicate"
        ANSWER_DISPUTE = "answer_dispute"
        CHECK_PAYMENT = "check_payment"
        RESOLVE_DOUBT = "resolve_doubt"
        DECIDE_ESCALATION = "decide_escalation"
        APPROVE_OFFER = "approve_offer"
        RETURN_CREDIT = "return_credit"

    class Status(models.TextChoices):
        OPEN = "open"
        CLAIMED = "claimed"
        DONE = "done"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    id = PublicIdField("tsk")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    campaign = ParentKey("campaigns.Campaign", null=True)
    debtor = ParentKey("campaigns.Debtor")
    case = ParentKey("campaigns.Case", null=True)
    cause = IdRefField()
    reason = models.CharField(max_length=300)
    # What the person needs at hand: a call's script and number, a reply's label.
    facts = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    # Approvals never expire; human tasks are passed over after three business days (ENGINE.md, Step).
    expires_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=80, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "cause"], name="task_open_once", condition=Q(status__in=["open", "claimed"])
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="task_list"),
            models.Index(
                fields=["organisation", "livemode", "due_at", "id"],
                name="task_open",
                condition=Q(status__in=["open", "claimed"]),
            ),
            models.Index(
                fields=["expires_at"],
                name="task_expiring",
                condition=Q(status__in=["open", "claimed"], expires_at__isnull=False, clock_id=""),
            ),
            models.Index(
                fields=["clock_id", "expires_at"],
                name="task_expiring_on_clock",
                condition=Q(status__in=["open", "claimed"], expires_at__isnull=False) & ~Q(clock_id=""),
            ),
            models.Index(fields=["case"], name="task_case", condition=Q(case__isnull=False)),
            models.Index(fields=["debtor"], name="task_debtor"),
        ]

    class Integrity:
        tenant_parents = {
            "campaign_id": "campaigns.Campaign",
            "debtor_id": "campaigns.Debtor",
            "case_id": "campaigns.Case",
        }

    def __str__(self) -> str:
        return f"{self.kind} ({self.status})"
