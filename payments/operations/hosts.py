"""Pay domains: asked for, proven by DNS, proven again, removed."""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import IntegrityError

from agentcollect.kit import clock, db, errors, hosts, ids, jobs
from agentcollect.kit.errors import ApiError
from events.operations import record
from payments.models import PayDomain
from payments.providers import names
from payments.rules import hosts as rules

log = structlog.get_logger()
Status = PayDomain.Status

errors.define("invalid_host", 400, "This name cannot be a payment page's address.")
errors.define(
    "domain_taken", 409, "This host serves payment pages already, and not those of this organisation and mode."
)
errors.define("too_many_domains", 409, "An organisation has at most 50 payment page addresses in a mode.")

MOST = 50
TASK = "payments.check_domains"
# Somebody who presses "verify" again and again asks DNS no oftener than this.
_BREATH = timedelta(seconds=10)
# A worker that died with a check is followed by another.
_LEASE = timedelta(minutes=2)


class Kept(NamedTuple):
    """A domain, and whether it was made just now."""

    domain: PayDomain
    fresh: bool


def add_domain(*, organisation_id: str, livemode: bool, host: str, by: str, at: datetime) -> Kept:
    """Let `host` become a name of this organisation's payment pages: once its DNS proves it, which a worker looks for.

    The same host again is the one that stands. Raises ApiError: invalid_host, domain_taken, too_many_domains.
    """
    name = _read(host)
    mine = PayDomain.objects.filter(organisation_id=organisation_id, livemode=livemode).exclude(status=Status.REMOVED)
    if standing := mine.filter(host=name).first():
        return Kept(standing, fresh=False)
    if PayDomain.objects.filter(host=name, status=Status.VERIFIED).exists():
        raise ApiError("domain_taken", param="host")
    if mine.count() >= MOST:
        raise ApiError("too_many_domains", param="host")
    try:
        with db.atomic():
            made = PayDomain.objects.create(
                organisation_id=organisation_id,
                livemode=livemode,
                created_at=at,
                recorded_at=clock.now(),
                updated_at=at,
                host=name,
                status=Status.PENDING,
                token=f"agentcollect-{ids.random62(32)}",
                check_at=at + rules.MINUTE,
                actor=by,
            )
            _record("domain.added", made, by=by, at=at)
            return Kept(made, fresh=True)
    except IntegrityError:
        # The same one was asked for at this very moment.
        return Kept(mine.get(host=name), fresh=False)


def _read(host: str) -> str:
    ours = {*hosts.own_names(), *(part.strip().lower() for part in settings.PAY_TARGET.split(","))}
    try:
        return rules.read_host(host, ours=ours)
    except ValueError as error:
        raise ApiError("invalid_host", f"host {error}.", param="host") from error


def verify_domain(*, domain_id: str, at: datetime) -> PayDomain:
    """Have it asked of DNS now: by a worker, since nobody's request waits for name servers."""
    with db.atomic():
        domain = db.locked(PayDomain.objects.filter(id=domain_id)).get()
        soonest = max(at, domain.checked_at + _BREATH) if domain.checked_at else at
        if domain.status != Status.REMOVED and (domain.check_at is None or soonest < domain.check_at):
            domain.check_at = soonest
            domain.save(update_fields=["check_at"])
            jobs.enqueue(TASK)
        return domain


def remove_domain(*, domain_id: str, by: str, at: datetime) -> PayDomain:
    """Take the name out of service, and free it for whoever proves it next. Removed already: nothing happens."""
    with db.atomic():
        domain = db.locked(PayDomain.objects.filter(id=domain_id)).get()
        if domain.status != Status.REMOVED:
            _remove(domain, by=by, at=at)
    return domain


def _remove(domain: PayDomain, *, by: str, at: datetime) -> None:
    domain.status, domain.check_at, domain.updated_at = Status.REMOVED, None, at
    domain.save(update_fields=["status", "check_at", "updated_at"])
    _record("domain.removed", domain, by=by, at=at)
    db.after_commit(hosts.forget)


# --- the worker


def check_domains(*, at: datetime, limit: int = 20) -> int:
    """Ask DNS about the hosts whose check is due; returns how many were asked about."""
    due = PayDomain.objects.filter(check_at__lte=at).exclude(status=Status.REMOVED).order_by("check_at")
    return sum(_check(domain_id, at) for domain_id in list(due.values_list("id", flat=True)[:limit]))


def _check(domain_id: str, at: datetime) -> bool:
    """Claim it by moving its next check, ask outside of any transaction, then settle."""
    due = PayDomain.objects.filter(id=domain_id, check_at__lte=at).exclude(status=Status.REMOVED)
    if not due.update(check_at=at + _LEASE):
        return False
    domain = PayDomain.objects.get(id=domain_id)
    try:
        proof = names.prove(host=domain.host, token=domain.token, target=settings.PAY_TARGET)
    except Exception as error:
        # One name that cannot be asked about must not stand in the way of the others.
        log.exception("domain_check_failed", domain=domain_id)
        proof = names.Proof(False, f"The check failed ({type(error).__name__}).")
    _settle(domain_id, proof, at)
    return True


def _settle(domain_id: str, proof: names.Proof, at: datetime) -> None:
    try:
        with db.atomic():
            domain = db.locked(PayDomain.objects.filter(id=domain_id)).get()
            if domain.status == Status.REMOVED:
                return
            if proof.proven:
                _leave(domain, at)
            _write(domain, proof, at)
    except IntegrityError:
        # Proven by somebody else, who has it: DNS may hold both tokens.
        _settle(domain_id, names.Proof(False, "Another account serves this host; have it removed there first."), at)


def _leave(domain: PayDomain, at: datetime) -> None:
    """Whoever had this host and can no longer prove it leaves it to who can."""
    others = PayDomain.objects.filter(host=domain.host, status=Status.BROKEN).exclude(id=domain.id)
    for other in db.locked(others.order_by("id")):
        _remove(other, by="engine", at=at)


def _write(domain: PayDomain, proof: names.Proof, at: datetime) -> None:
    before = domain.status
    stands = rules.after_check(
        proven=proof.proven,
        status=before,
        failures=domain.failures,
        failing_since=domain.failing_since,
        created_at=domain.created_at,
        at=at,
    )
    domain.status, domain.failures, domain.failing_since, domain.check_at = stands
    domain.checked_at, domain.fault = at, proof.fault[:300]
    if domain.status != before:
        domain.updated_at = at
        domain.verified_at = at if proof.proven else domain.verified_at
        _record(f"domain.{domain.status}", domain, by="engine", at=at)
        db.after_commit(hosts.forget)
    domain.save()


def _record(type: str, domain: PayDomain, *, by: str, at: datetime) -> None:
    data = {"domain_id": domain.id, "host": domain.host}
    if type == "domain.broken":
        data |= {"fault": domain.fault}
    record(
        type=type,
        organisation_id=domain.organisation_id,
        livemode=domain.livemode,
        data=data,
        by=by,
        at=at,
        cause=domain.id,
    )
