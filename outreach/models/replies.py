"""What debtors write back, and what a model made of it."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import OnClock, ParentKey, Tenant, TenantChild


class Inbound(OnClock):
    """A message as it came in at the door, raw and before anybody knows whose it is. Processed by a task.

    `dedupe`: what makes two deliveries of it the same (provider and its id, else Message-ID, else a hash): once.
    """

    class Status(models.TextChoices):
        NEW = "new"
        DONE = "done"
        # Nobody's: no case, no organisation could be found; kept for its period, told to nobody.
        UNMATCHED = "unmatched"
        FAILED = "failed"

    id = PublicIdField("inb")
    provider = models.CharField(max_length=20)
    dedupe = models.CharField(max_length=200)
    raw = models.TextField()
    # The organisation whose mailbox it was read from, where the door knows; else found by the address it was sent to.
    organisation_id = IdRefField()
    livemode = models.BooleanField(null=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    error = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dedupe"], name="inbound_once")]
        indexes = [
            models.Index(fields=["received_at"], name="inbound_new", condition=Q(status="new", clock_id="")),
            models.Index(
                fields=["clock_id", "received_at"],
                name="inbound_new_on_clock",
                condition=Q(status="new") & ~Q(clock_id=""),
            ),
        ]


class Reply(TenantChild):
    """One message from a debtor. `text` is theirs alone (quoted history apart); it is data, never instruction.

    `status`: received → handled | needs_human | ignored (a bounce or an auto-reply without a word of theirs).
    """

    class Status(models.TextChoices):
        RECEIVED = "received"
        HANDLED = "handled"
        NEEDS_HUMAN = "needs_human"
        IGNORED = "ignored"

    class Identity(models.TextChoices):
        KNOWN = "known"  # an address of this debtor's on file
        COMPANY = "company"  # another one at the company's own domain
        UNKNOWN = "unknown"

    id = PublicIdField("rpy")
    campaign = ParentKey("campaigns.Campaign")
    debtor = ParentKey("campaigns.Debtor")
    case = ParentKey("campaigns.Case")
    contact = ParentKey("campaigns.Contact", null=True)
    message_id = IdRefField()
    inbound_id = IdRefField()
    channel = models.CharField(max_length=8)
    sender = models.CharField(max_length=320)
    subject = models.CharField(max_length=300, blank=True)
    rfc_message_id = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    quoted = models.TextField(blank=True)
    attachments = models.JSONField(default=list)
    identity = models.CharField(max_length=8, choices=Identity.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RECEIVED)
    # As understood: label, confidence, amounts, dates, quotes; and what came of it, in plain words.
    label = models.CharField(max_length=24, blank=True)
    confidence = models.FloatField(null=True)
    interpretation = models.JSONField(default=dict)
    lexicon = models.CharField(max_length=24, blank=True)
    outcome = models.CharField(max_length=300, blank=True)
    agent_run_id = IdRefField()
    lease_until = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    handled_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "rfc_message_id"],
                name="reply_once",
                condition=~Q(rfc_message_id=""),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="reply_list"),
            models.Index(fields=["case", "created_at"], name="reply_case"),
            models.Index(fields=["debtor", "created_at"], name="reply_debtor"),
            models.Index(fields=["recorded_at"], name="reply_new", condition=Q(status="received")),
        ]

    class Integrity:
        tenant_parents = {
            "campaign_id": "campaigns.Campaign",
            "debtor_id": "campaigns.Debtor",
            "case_id": "campaigns.Case",
            "contact_id": "campaigns.Contact",
        }


class ReplyPath(Tenant):
    """How answers come back to one organisation in one mode, and the proof that they do.

    `address`: the mailbox, or empty for the operator's inbound host (`r+<token>@host`). `secret`: encrypted.
    """

    class Kind(models.TextChoices):
        INBOUND_HOST = "inbound_host"
        MAILBOX = "mailbox"

    class Status(models.TextChoices):
        UNPROVEN = "unproven"
        PROVEN = "proven"
        BROKEN = "broken"

    id = PublicIdField("rpp")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    address = models.CharField(max_length=254, blank=True)
    host = models.CharField(max_length=253, blank=True)
    port = models.PositiveIntegerField(default=993)
    user = models.CharField(max_length=254, blank=True)
    secret = models.TextField(blank=True)
    folder = models.CharField(max_length=120, default="INBOX")
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UNPROVEN)
    probe = models.CharField(max_length=64, blank=True)
    probe_sent_at = models.DateTimeField(null=True)
    proven_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    lease_until = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "livemode"], name="reply_path_one_per_mode")]


class AgentRun(Tenant):
    """One question to a model (or to the templates in its place), and what came of it. Never changed."""

    class Purpose(models.TextChoices):
        DRAFT = "draft"
        INTERPRET = "interpret"

    id = PublicIdField("run")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    case_id = IdRefField()
    step_id = IdRefField()
    reply_id = IdRefField()
    prompt = models.CharField(max_length=40)
    prompt_hash = models.CharField(max_length=64)
    model = models.CharField(max_length=80)
    messages = models.JSONField(default=list)
    output = models.JSONField(default=dict)
    guards = models.JSONField(default=list)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost_micros = models.BigIntegerField(default=0)
    latency_ms = models.PositiveIntegerField(default=0)
    fallback_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "livemode", "recorded_at"], name="agent_run_spent"),
            models.Index(fields=["case_id", "created_at"], name="agent_run_case"),
        ]

    class Integrity:
        append_only = True
