"""What a call may be and say: R-13, R-23, R-25, R-26, R-28."""

import re
from collections.abc import Iterator

from benchmarks.checker import reading
from benchmarks.checker.checks import Found, Look, check, wrong
from benchmarks.checker.story import Story, Touch


def _calls(story: Story) -> Iterator[Touch]:
    return (touch for touch in story.touches if touch.channel == "call")


@check("caller", "R-13", "the first words name brand, company and call-back number", citation="47 CFR 64.1200(b)")
def caller(story: Story, look: Look) -> Iterator[Found]:
    for call in _calls(story):
        look()
        campaign = story.campaigns.get(call.campaign)
        brand = campaign.brand if campaign else {}
        name = brand.get("name") or (campaign.creditor if campaign else "")
        wanted = [name, brand.get("legal_name") or story.organisation.legal_name]
        first = reading.flat(call.script.partition("\n\n")[0])
        missing = [words for words in wanted if words and reading.flat(words) not in first]
        if not re.search(r"call back at \+?\d", first):
            missing.append("a number to call back")
        if missing:
            yield wrong(call, "the first words do not say who calls", missing=missing)


@check("recording", "R-25", "a machine's call says first that it is recorded", citation="Cal. Penal Code 632")
def recording(story: Story, look: Look) -> Iterator[Found]:
    for call in (call for call in _calls(story) if call.mode == "ai"):
        look()
        if "recorded" not in reading.flat(call.script.partition("\n\n")[0]):
            yield wrong(call, "the first words do not say that it is recorded")


@check("artificial", "R-26", "a machine's call says first that no person speaks", citation="FCC 24-17")
def artificial(story: Story, look: Look) -> Iterator[Found]:
    for call in (call for call in _calls(story) if call.mode == "ai"):
        look()
        if "artificial" not in reading.flat(call.script.partition("\n\n")[0]):
            yield wrong(call, "the first words do not say that no person speaks")


@check("line", "R-23", "a machine calls business landlines, or who agreed to it", citation="47 USC 227(b)(1)")
def line(story: Story, look: Look) -> Iterator[Found]:
    for call in (call for call in _calls(story) if call.mode == "ai"):
        look()
        person = story.contacts.get(call.contact)
        # The sandbox's own numbers are business landlines; what the row says of a line comes before.
        kind = (person.line_type if person else "") or ("" if call.livemode else "business_landline")
        agreed = any(_stands(one, call) for one in (person.consents if person else ()))
        if kind != "business_landline" and not agreed:
            yield wrong(call, "a machine called without consent", line_type=kind or "unknown")


def _stands(consent: dict[str, object], call: Touch) -> bool:
    since, revoked = str(consent.get("since") or ""), str(consent.get("revoked_at") or "")
    mine = (consent.get("channel"), consent.get("kind")) == ("call", "express")
    now = call.at.isoformat()[:19]
    return mine and since[:19] <= now and (not revoked or now < revoked[:19])


@check("revoked", "R-24", "no machine calls who took consent back", citation="47 CFR 64.1200(a)(10)")
def revoked(story: Story, look: Look) -> Iterator[Found]:
    for call in (call for call in _calls(story) if call.mode == "ai"):
        look()
        person = story.contacts.get(call.contact)
        given = [one for one in (person.consents if person else ()) if one.get("channel") in ("call", "sms")]
        taken = [str(one["revoked_at"])[:19] for one in given if one.get("revoked_at")]
        again = [str(one.get("since"))[:19] for one in given if not one.get("revoked_at")]
        now = call.at.isoformat()[:19]
        if any(at <= now and not any(at < since <= now for since in again) for at in taken):
            yield wrong(call, "they had taken their consent back")


@check("voicemail", "R-28", "a machine is left no word of a debt", citation="12 CFR 1006.2(j)")
def voicemail(story: Story, look: Look) -> Iterator[Found]:
    for call in (call for call in _calls(story) if call.outcome == "voicemail"):
        look()
        row = story.cases.get(call.case)
        left = reading.flat(" ".join(call.heard))
        number = reading.flat(row.invoice_number) if row else ""
        told = [word for word in ("invoice", "debt", "balance", "owe", "payment", "collect") if word in left]
        if told or reading.sums(left.upper(), row.currency if row else "USD") or (number and number in left):
            yield wrong(call, "a machine was told of the debt", told=told)


@check(
    "stranger_told", "R-06", "who is not the person asked for hears nothing of the debt", citation="12 CFR 1006.6(d)(1)"
)
def stranger_told(story: Story, look: Look) -> Iterator[Found]:
    for call in (call for call in _calls(story) if call.outcome in ("wrong_number", "refused_recording")):
        look()
        said = reading.flat(" ".join(call.heard))
        row = story.cases.get(call.case)
        if "invoice" in said or (row and row.invoice_number and reading.flat(row.invoice_number) in said):
            yield wrong(call, "a stranger was told of the debt")
