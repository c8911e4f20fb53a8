"""The reports against pandas: ageing, recovery and days to collect worked out from raw rows of a simulated story.

Nothing of the product's own arithmetic is used here: accounts are summed from the ledger, days are counted by pandas.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from accounts.models import Organisation, TestClock
from agentcollect.kit import clock
from campaigns.models import Case, LedgerEntry
from payments.models import Allocation
from sandbox.simulation import Order, simulate
from tests import factories

pytestmark = pytest.mark.django_db
ORDER = Order(debtors=14, months=2, seed=11)


class Story:
    """A simulated portfolio as data frames; amounts in minor units, days of the creditor's calendar."""

    def __init__(self, folder: Path) -> None:
        done = simulate(ORDER, folder=folder, erase=False, progress=lambda at, acts: None, by="test", wall=clock.now())
        self.clock_id = done.clock_id
        organisation = Organisation.objects.get(id=done.organisation_id)
        self.api, self.zone = factories.client(factories.api_key(organisation)), organisation.timezone
        self.today = self.days(pd.Series([TestClock.objects.get(id=done.clock_id).frozen_time]))[0]
        mine = {"case__clock_id": done.clock_id}
        self.cases = self.frame(Case.objects.filter(clock_id=done.clock_id))
        self.ledger = self.frame(LedgerEntry.objects.filter(**mine))
        columns = ("case_id", "component", "cause", "amount_minor", "payment__received_at", "payment__status")
        self.parts = self.frame(Allocation.objects.filter(**mine), *columns)

    def frame(self, rows: Any, *columns: str) -> pd.DataFrame:
        return pd.DataFrame(list(rows.values(*columns)))

    def days(self, moments: pd.Series) -> pd.Series:
        local = pd.to_datetime(moments, utc=True).dt.tz_convert(self.zone)
        return local.dt.tz_localize(None).dt.normalize()

    def figures(self, report: str, **params: str) -> dict[str, dict[str, Any]]:
        answer = self.api.get(f"/v1/reports/{report}", {"test_clock": self.clock_id} | params)
        assert answer.status_code == 200, answer.content
        return {line["name"]: line for line in answer.json()["figures"]}


def test_pandas_agrees_to_the_cent(tmp_path: Path) -> None:
    story = Story(tmp_path)
    _aging(story, story.figures("aging"), story.today)
    # In the middle of it, by what the ledgers said on that day: more is open, and younger.
    for weeks in (1, 3, 6):
        then = story.days(pd.Series([ORDER.start]))[0] + pd.Timedelta(weeks=weeks)
        _aging(story, story.figures("aging", as_of=f"{then.date()}"), then)
    recovery = story.figures("recovery")
    _recovery(story, recovery)
    _days(story, recovery)


def _aging(story: Story, said: dict[str, dict[str, Any]], today: pd.Timestamp) -> None:
    booked = story.ledger[story.days(story.ledger["created_at"]) <= today]
    owed = booked.groupby("case_id")["amount_minor"].sum().rename("owed")
    still_open = story.cases["closed_at"].isna() | (story.days(story.cases["closed_at"]) > today)
    rows = story.cases[still_open].join(owed, on="id")
    overdue = (today - pd.to_datetime(rows["due_date"])).dt.days
    names = ["current", "1-30", "31-60", "61-90", "90+"]
    edges = [-float("inf"), 0, 30, 60, 90, float("inf")]
    bucket = pd.cut(overdue, edges, labels=names).astype(object).where(overdue.notna(), "no_due_date")
    found = rows.groupby(bucket)["owed"].agg(["sum", "count"])
    assert found["sum"].sum() > 0, "something is owed"
    for name in (*names, "no_due_date"):
        minor, n = found.loc[name] if name in found.index else (0, 0)
        assert (round(said[f"owed_{name}"]["value"] * 100), said[f"cases_{name}"]["value"]) == (minor, n), name
    assert round(said["owed"]["value"] * 100) == found["sum"].sum() == rows["owed"].sum()


def _recovery(story: Story, said: dict[str, dict[str, Any]]) -> None:
    settled = -story.ledger[story.ledger["kind"].isin(["payment", "refund", "reversal"])]["amount_minor"].sum()
    placed = story.cases["placed_minor"].sum()
    gone = story.cases[story.cases["close_reason"].isin(["recalled", "dispute_upheld"])]["placed_minor"].sum()
    assert settled > 0
    assert said["recovery_rate"]["value"] == round(settled / placed, 4)
    assert said["adjusted_recovery_rate"]["value"] == round(settled / (placed - gone), 4)
    came = said["collected_by_us"]["value"] + said["reported_by_you"]["value"]
    assert round(came * 100) == settled
    assert round(said["credited"]["value"] * 100) == placed - settled - story.ledger["amount_minor"].sum()


def _days(story: Story, said: dict[str, dict[str, Any]]) -> None:
    standing = story.parts["payment__status"].isin(["succeeded", "partially_refunded"])
    paid = story.parts[standing & (story.parts["component"] == "principal")]
    paid = paid.merge(story.cases[["id", "created_at"]], left_on="case_id", right_on="id")
    paid["days"] = (story.days(paid["payment__received_at"]) - story.days(paid["created_at"])).dt.days
    each = paid[paid["cause"] == ""]["days"]
    assert len(each) > 3
    assert said["days_to_collect_mean"]["value"] == round(each.mean(), 2)
    assert said["days_to_collect_mean"]["denominator"] == len(each)
    assert said["days_to_collect_median"]["value"] == each.median()
    weighted = (paid["days"] * paid["amount_minor"]).sum() / paid["amount_minor"].sum()
    assert said["days_to_collect_weighted"]["value"] == round(weighted, 2)
    closed = story.cases[story.cases["close_reason"] == "paid"]
    took = (story.days(closed["closed_at"]) - story.days(closed["created_at"])).dt.days
    assert said["days_to_paid_median"]["value"] == took.median()
