"""A prepared read finds what its queryset finds: the same rows, the same fields, whatever the values."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import db
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Hold
from payments.models import Payment
from tests import factories, settling

pytestmark = pytest.mark.django_db


def _build(organisation_id: str, livemode: bool, before: datetime, name: str | None) -> QuerySet[Case]:
    held = Hold.objects.filter(case_id=OuterRef("id"), released_at=None)
    rows = Case.objects.filter(organisation_id=organisation_id, livemode=livemode, created_at__lt=before)
    rows = rows.filter(Q(debtor__name=name) | Q(debtor__name__gt=name)) if name else rows
    return rows.select_related("debtor", "campaign__organisation").annotate(held=Exists(held)).order_by("-id")[:3]


_prepared = Prepared(_build)
_LATE = datetime(2100, 1, 1, tzinfo=UTC)


def _seen(rows: Any) -> list[dict[str, Any]]:
    names = [field.attname for field in Case._meta.concrete_fields]
    return [
        {name: getattr(row, name) for name in names}
        | {"debtor": row.debtor.name, "whose": row.campaign.organisation.name, "held": row.held}
        for row in rows
    ]


def test_the_same_rows_as_the_queryset_for_any_values() -> None:
    cases = [factories.case(factories.organisation()) for _ in range(2)]
    factories.case(cases[0].organisation)
    asked = [
        (case.organisation_id, mode, at) for case in cases for mode in (False, True) for at in (_LATE, case.created_at)
    ]
    for organisation_id, livemode, before in asked * 2:
        for name in (None, cases[0].debtor.name, "zzz"):
            values = {"organisation_id": organisation_id, "livemode": livemode, "before": before, "name": name}
            assert _seen(_prepared(**values)) == _seen(_build(**values)), values
    assert len(_prepared(organisation_id=cases[0].organisation_id, livemode=False, before=_LATE, name=None)) == 2


def test_reading_costs_one_statement_with_what_was_joined() -> None:
    case = factories.case(factories.organisation())
    with CaptureQueriesContext(
        connection,
    ) as asked:
        [found] = _prepared(organisation_id=case.organisation_id, livemode=False, before=_LATE, name=None)
        assert (found.debtor.id, found.campaign.organisation.id) == (case.debtor_id, case.organisation_id)
    assert len(asked) == 1


def test_a_text_is_a_value_and_never_words_of_the_statement() -> None:
    case = factories.case(factories.organisation())
    for hostile in ("' OR 1=1 --", "%s", "\ue0000\ue001", "%(name)s", '"', ""):
        assert _prepared(organisation_id=hostile, livemode=False, before=_LATE, name=None) == []
    assert len(_prepared(organisation_id=case.organisation_id, livemode=False, before=_LATE, name=None)) == 1


def test_prefetched_rows_come_too() -> None:
    payment = settling.payment(factories.case(factories.organisation()))
    prepared: Prepared[Payment] = Prepared(lambda id: Payment.objects.filter(id=id).prefetch_related("allocations"))
    assert prepared(id="pay_none") == []
    [found] = prepared(id=payment.id)
    with CaptureQueriesContext(connection) as asked:
        assert {part.payment_id for part in found.allocations.all()} == {payment.id}
    assert not asked.captured_queries


def test_a_row_read_for_writing_is_locked() -> None:
    if not db.is_postgresql():
        pytest.skip("SQLite has one writer; there is nothing to lock")
    case = factories.case(factories.organisation())
    prepared: Prepared[Case] = Prepared(lambda id: db.locked(Case.objects.filter(id=id)))
    for _ in range(2):
        with db.atomic(), CaptureQueriesContext(connection) as asked:
            prepared(id=case.id)
        assert "FOR NO KEY UPDATE" in asked.captured_queries[0]["sql"]


def test_what_is_deferred_or_renamed_is_a_question_of_its_own() -> None:
    """The compiler's memory for columns keeps models, aliases and deferred fields apart."""
    case = factories.case(factories.organisation())
    for _ in range(2):
        assert Case.objects.only("id", "status").get(id=case.id).get_deferred_fields()
        assert not Case.objects.get(id=case.id).get_deferred_fields()
        assert "status" in Case.objects.defer("status").get(id=case.id).get_deferred_fields()
        assert Case.objects.filter(debtor_id__in=Case.objects.filter(id=case.id).values("debtor_id")).get() == case
        assert Case.objects.select_related("debtor").only("id", "debtor__name").get(id=case.id).debtor.name
        assert Case.objects.filter(id=case.id).union(Case.objects.filter(id="none")).count() == 1
        assert Case.objects.annotate(n=Exists(Hold.objects.none())).get(id=case.id).n is False
        assert list(Case.objects.filter(id=case.id).order_by("-balance_minor", "debtor__name").distinct()) == [case]
