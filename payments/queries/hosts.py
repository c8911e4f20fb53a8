"""Under which names payment pages are reached."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from agentcollect.kit import hosts
from agentcollect.kit.errors import ApiError
from agentcollect.kit.hosts import PayHost
from campaigns.models import Case
from payments.models import PayDomain
from payments.rules.hosts import host_of_brand

# What is proven, or was until its DNS began to say something else: such a page still answers, but no link leads there.
SERVED = (PayDomain.Status.VERIFIED, PayDomain.Status.BROKEN)
# No row has it: the question about a made-up link is the same as about a real one.
_NOBODY = "cas_" + "0" * 22


def pay_hosts() -> list[PayHost]:
    """Every host that serves pages. For kit.hosts, which keeps them."""
    rows = PayDomain.objects.filter(status__in=SERVED).values_list("host", "organisation_id", "livemode", "status")
    return [PayHost(host, owner, live, status == PayDomain.Status.VERIFIED) for host, owner, live, status in rows]


def domains(organisation_id: str, livemode: bool) -> QuerySet[PayDomain]:
    """The pay domains of one organisation in one mode."""
    rows = PayDomain.objects.filter(organisation_id=organisation_id, livemode=livemode)
    return rows.exclude(status=PayDomain.Status.REMOVED)


def domain(organisation_id: str, livemode: bool, domain_id: str) -> PayDomain:
    """One of them. Raises ApiError(not_found)."""
    found = domains(organisation_id, livemode).filter(id=domain_id.replace("\0", "?")).first()
    if found is None:
        raise ApiError("not_found")
    return found


def page_address(slug: str, *, organisation_id: str, livemode: bool, brand: Mapping[str, Any]) -> str:
    """The absolute address of the page that `slug` opens: on the brand's own host where it has a proven one. No
    question to the database: what is proven is kept (kit.hosts)."""
    host = host_of_brand(brand, hosts.linked(organisation_id, livemode))
    return f"https://{host}/{slug}" if host else f"{settings.PUBLIC_URL}/pay/{slug}"


def brand_of(case: Case) -> Mapping[str, Any]:
    """The brand of its campaign; not looked up while the organisation has no host it could matter for."""
    return case.campaign.brand if hosts.linked(case.organisation_id, case.livemode) else {}


def is_theirs(case_id: str | None, here: PayHost) -> bool:
    """Is this a case of the organisation, in the mode, that `here` serves? One question, whatever is asked for."""
    theirs = Case.objects.filter(organisation_id=here.organisation_id, livemode=here.livemode)
    return theirs.filter(id=case_id or _NOBODY).exists()
