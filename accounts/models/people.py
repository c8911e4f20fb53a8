"""Organisations, and the people in them."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField


class UserManager(BaseUserManager["User"]):
    """Logins are addressed by e-mail, folded to lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in to the dashboard, or (is_staff) to the ops admin."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects = UserManager()
    USERNAME_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email"], name="user_email_once")]

    def __str__(self) -> str:
        return self.email


class Collector(models.Model):
    """The legal entity that contacts debtors for creditors (LAW.md, "Collector of record"), entered by operations.

    `licences`: [{"region": "FL", "number": "CCA-1", "expires_on": "2027-06-30" or null}], of US states.
    """

    id = PublicIdField("col")
    legal_name = models.CharField(max_length=200)
    address = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    licences = models.JSONField(default=list, blank=True)
    bond = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.legal_name


class Organisation(models.Model):
    """A creditor. A platform is a parent whose key may act for its children (`AgentCollect-Account`).

    What the law asks before anyone is contacted stands here: legal name, postal address, the attestation that debts
    are commercial, and the approval for live mode. None of it has a permissive default.
    """

    id = PublicIdField("org")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(max_length=120)
    legal_name = models.CharField(max_length=200, blank=True)
    postal_address = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=2, default="US")
    timezone = models.CharField(max_length=64, default="America/New_York")
    currency = models.CharField(max_length=3, default="USD")
    payment_terms_days = models.PositiveSmallIntegerField(default=30)
    brand = models.JSONField(default=dict, blank=True)
    enabled_countries = models.JSONField(default=list, blank=True)
    attested_class = models.CharField(max_length=12, blank=True, choices=[("commercial", "commercial")])
    attested_at = models.DateTimeField(null=True, blank=True)
    attested_by = models.CharField(max_length=200, blank=True)
    consumer_enabled = models.BooleanField(default=False)
    live_approved = models.BooleanField(default=False)
    live_requested_at = models.DateTimeField(null=True, blank=True)
    live_requested_by = models.CharField(max_length=80, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    test_paused_at = models.DateTimeField(null=True, blank=True)
    # While all of its test data is being deleted: since when, by whom, and how many debtors there were.
    test_reset_at = models.DateTimeField(null=True, blank=True)
    test_reset_by = models.CharField(max_length=80, blank=True, default="", db_default="")
    test_reset_total = models.PositiveIntegerField(default=0, db_default=0)
    # Which drafts wait for a person in live mode, where the campaign does not say (campaigns.Campaign.Approval).
    approval = models.CharField(max_length=20, default="first_message", db_default="first_message")
    # Who signed, and that the debts are due, theirs and placed with nobody else (LAW.md, R-37); kept with its words.
    mandate_signed_at = models.DateTimeField(null=True, blank=True)
    mandate_signed_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    mandate_text = models.TextField(blank=True, default="", db_default="")
    # Who contacts debtors for it, and whether that is the creditor itself: both entered by operations.
    collector = models.ForeignKey("accounts.Collector", null=True, blank=True, on_delete=models.PROTECT)
    first_party = models.BooleanField(default=False, db_default=False)
    # What a debtor who asks for time is granted, where the campaign does not say (campaigns.rules.offers).
    offer_policy = models.JSONField(default=dict, db_default={}, blank=True)
    # What the writing model may cost this organisation in a month, in millionths of a US dollar; past it, templates.
    agent_budget_micros = models.BigIntegerField(default=50_000_000, db_default=50_000_000)
    rate_limit = models.PositiveIntegerField(null=True, blank=True)
    # A new webhook address must answer a challenge before anything is sent to it.
    verify_webhooks = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    def paused_since(self, livemode: bool) -> datetime | None:
        """When everything was paused in that mode; None while it runs. The modes never meet: each has its own pause."""
        return self.paused_at if livemode else self.test_paused_at

    @staticmethod
    def running(path: str = "organisation") -> Q:
        """Of rows with a mode and an organisation at `path`: those that are not paused with everything else."""
        return Q(livemode=True, **{f"{path}__paused_at": None}) | Q(livemode=False, **{f"{path}__test_paused_at": None})


class Member(models.Model):
    """A person's place in an organisation."""

    class Role(models.TextChoices):
        OWNER = "owner"
        ADMIN = "admin"
        OPERATOR = "operator"
        FINANCE = "finance"
        VIEWER = "viewer"
        AUDITOR = "auditor"

    id = PublicIdField("mem")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="members")
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="member_once_per_organisation")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation} ({self.role})"
