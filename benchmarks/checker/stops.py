"""What stops contact: holds, opt-outs, what they wrote, exclusions, addresses that are none.

R-03, R-05, R-10, R-16, R-17, R-29, R-39, H-01.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from benchmarks.checker import places
from benchmarks.checker.checks import Found, Look, check, wrong
from benchmarks.checker.story import Contact, Hold, Story, Suppression, Touch, before, plain

FINAL = ("bankruptcy", "deceased", "servicemember")
# LAW.md, "Kinds of message": these bind answers and notices as well. The others stop what we begin.
_EVERYTHING = ("excluded", "do_not_contact", "identity_doubt")
_NAMED = (*FINAL, "attorney_represented", "cease", "dispute")
_CONFIRMS = {"cease": ("cease", "notice_cease"), "dispute": ("dispute", "notice_dispute")}
_READ_WITHIN = timedelta(hours=1)
_SAID = {"cease": "cease", "attorney_represented": "attorney_represented", "bankruptcy": "bankruptcy"}


def _reaches(story: Story, hold: Hold, touch: Touch) -> bool:
    """Whether a hold is about this invoice and this person; what a message lists besides is asked for as well."""
    if hold.scope == "case":
        return hold.on in touch.cases
    if hold.scope == "contact":
        return hold.on == touch.contact
    return True


def _first_confirmation(story: Story, touch: Touch, kind: str, since: Hold | Suppression) -> bool:
    """Whether this is the one notice that confirms a stop, and none did before it."""
    if kind not in (touch.confirms, touch.intent.removeprefix("notice_")) or touch.kind != "notice":
        return False
    earlier = story.by_debtor[touch.debtor]
    return not any(
        other.id != touch.id
        and since.at <= other.at
        and (other.at, other.recorded) < (touch.at, touch.recorded)
        and other.contact == touch.contact
        and kind in (other.confirms, other.intent.removeprefix("notice_"))
        for other in earlier
    )


def _during(story: Story, look: Look, kinds: tuple[str, ...], words: str) -> Iterator[Found]:
    """Touches while a hold of these kinds lay anywhere on their debtor, save its one confirmation."""
    for touch in story.touches:
        for hold in story.holds_at(touch):
            if hold.kind not in kinds:
                continue
            look()
            if hold.kind in _CONFIRMS and _first_confirmation(story, touch, hold.kind, hold):
                continue
            yield wrong(touch, words, hold=hold.id, hold_kind=hold.kind, since=hold.at.isoformat())
            break


@check("final", "R-29", "nothing at all in bankruptcy, death or service", citation="11 USC 362; 50 USC 3901")
def final(story: Story, look: Look) -> Iterator[Found]:
    yield from _during(story, look, FINAL, "everything had stopped, for a person to decide")


@check("represented", "R-03", "nothing to a debtor whose attorney is known", citation="12 CFR 1006.6(b)(2)")
def represented(story: Story, look: Look) -> Iterator[Found]:
    yield from _during(story, look, ("attorney_represented",), "an attorney represents them")


@check("cease", "R-05", "nothing after cease but the one acknowledgement", citation="12 CFR 1006.6(c)")
def cease(story: Story, look: Look) -> Iterator[Found]:
    yield from _during(story, look, ("cease",), "they had asked that contact cease")


@check("written_stop", "R-05", "who writes that contact must stop is held at once", citation="12 CFR 1006.6(b)(2), (c)")
def written_stop(story: Story, look: Look) -> Iterator[Found]:
    """What somebody of the debtor's wrote, as it was understood, stands as a hold when it was read."""
    for reply in story.replies:
        kind = _SAID.get(reply.label)
        if kind is None or reply.identity == "unknown":
            continue
        look()
        read = reply.handled_at or reply.at + _READ_WITHIN
        if not any(hold.kind == kind and hold.at <= read for hold in story.held.get(reply.debtor, ())):
            words = f"they wrote {reply.label}, and nothing holds"
            evidence = {"reply": reply.id}
            yield Found(case=reply.case, debtor=reply.debtor, at=reply.at, words=words, evidence=evidence)


@check(
    "disputed", "R-17", "nothing about an invoice under dispute but one acknowledgement", citation="12 CFR 1006.38(d)"
)
def disputed(story: Story, look: Look) -> Iterator[Found]:
    for touch in story.touches:
        for hold in story.holds_at(touch):
            if hold.kind != "dispute" or not _reaches(story, hold, touch):
                continue
            look()
            if not _first_confirmation(story, touch, "dispute", hold):
                yield wrong(touch, "the invoice was disputed and not answered yet", hold=hold.id, on=hold.on)
                break


@check("held", "H-01", "nothing begun while anything else holds it", citation="LAW.md H-01")
def held(story: Story, look: Look) -> Iterator[Found]:
    for touch in story.touches:
        for hold in story.holds_at(touch):
            test_domain = hold.kind == "domain_unverified" and not touch.livemode
            if hold.kind in _NAMED or test_domain or not _reaches(story, hold, touch):
                continue
            look()
            if touch.asks or hold.kind in _EVERYTHING:
                yield wrong(touch, f"a hold lay on it: {hold.kind}", hold=hold.id, scope=hold.scope, on=hold.on)
                break


def _shut(story: Story, touch: Touch) -> Iterator[Suppression]:
    for one in story.closed.get((touch.livemode, touch.clock, plain(touch.address)), ()):
        if one.channel in (touch.channel, "all", "") and before(one, touch):
            yield one


@check("opted_out", "R-10", "nothing to a closed address but one confirmation", citation="12 CFR 1006.14(h), 1006.6(e)")
def opted_out(story: Story, look: Look) -> Iterator[Found]:
    for touch in story.touches:
        look()
        for one in _shut(story, touch):
            if not _first_confirmation(story, touch, "opt_out", one):
                yield wrong(touch, "that address was closed", address=touch.address, closed=one.at.isoformat())
                break


@check("hunting", "R-10", "nobody else of a debtor on the day somebody opted out", citation="LAW.md R-10")
def hunting(story: Story, look: Look) -> Iterator[Found]:
    for debtor_id, touches in story.by_debtor.items():
        debtor = story.debtors.get(debtor_id)
        left = [one for person in story.people_of.get(debtor_id, ()) for one in story.closed_by.get(person.id, ())]
        if debtor is None or not left:
            continue
        for touch in (touch for touch in touches if touch.asks):
            look()
            others = [one for one in left if one.contact != touch.contact and before(one, touch)]
            if any(places.days(debtor, one.at) & places.days(debtor, touch.at) for one in others):
                yield wrong(touch, "somebody else there opted out that day", opted_out=[one.contact for one in others])


@check("wrong_party", "R-39", 'after "this is not me" nobody else unverified is tried', citation="12 CFR 1006.6(d)(1)")
def wrong_party(story: Story, look: Look) -> Iterator[Found]:
    for debtor_id, touches in story.by_debtor.items():
        told = list(_not_me(story, debtor_id))
        for touch in (touch for touch in touches if touch.asks and told):
            look()
            for who, since, recorded in told:
                if (since, recorded) >= (touch.at, touch.recorded):
                    continue
                if who == touch.contact or not _proven_since(story, touch, since):
                    yield wrong(touch, "they had said that we have the wrong person", told=since.isoformat(), who=who)
                    break


def _not_me(story: Story, debtor_id: str) -> Iterator[tuple[str, datetime, datetime]]:
    """Who said when that they are not the debtor: by a closed address, or in a message that was read so."""
    for person in story.people_of.get(debtor_id, ()):
        for one in story.closed_by.get(person.id, ()):
            if one.reason == "wrong_person":
                yield person.id, one.at, one.recorded
    for reply in story.replies_of.get(debtor_id, ()):
        if reply.label == "wrong_person" and reply.identity != "unknown":
            yield reply.contact, reply.at, reply.recorded


def _proven_since(story: Story, touch: Touch, since: datetime) -> bool:
    person: Contact | None = story.contacts.get(touch.contact)
    replies = story.replies_of.get(touch.debtor, ())
    wrote = [one.at for one in replies if one.contact == touch.contact and one.label != "wrong_person"]
    proofs = [*wrote, *(person.proven if person else ()), *([person.at] if person else [])]
    return any(since <= proof <= touch.at for proof in proofs)


@check("bounced", "R-16", "no mail to an address that turned out to be none", citation="12 CFR 1006.42")
def bounced(story: Story, look: Look) -> Iterator[Found]:
    for touches in story.by_contact.values():
        back = [(moment, touch) for touch in touches for moment in story.told.get(touch.id, ())]
        for touch in (touch for touch in touches if back and touch.channel == "email"):
            look()
            for moment, first in back:
                same = plain(first.address) == plain(touch.address) and first.id != touch.id
                if same and before(moment, touch) and not _proven_since(story, touch, moment.at):
                    yield wrong(touch, "the last mail to this address came back", bounced=first.id)
                    break


@check("excluded", "H-01", "nobody whom the creditor excluded", citation="LAW.md H-01")
def excluded(story: Story, look: Look) -> Iterator[Found]:
    rules = [one for one in story.exclusions if one.effect in ("never_contact", "no_calls")]
    for touch in story.touches if rules else ():
        look()
        for one in rules:
            over = one.until is not None and one.until <= touch.at
            if one.livemode != touch.livemode or over or not before(one, touch) or touch.kind == "notice":
                continue
            if (one.effect == "never_contact" or touch.channel == "call") and _matches(
                story, one.match, one.value, touch
            ):
                yield wrong(touch, f"the creditor had excluded {one.match} {one.value}", effect=one.effect)
                break


def _matches(story: Story, match: str, value: str, touch: Touch) -> bool:
    debtor, person = story.debtors.get(touch.debtor), story.contacts.get(touch.contact)
    wanted = value.strip().casefold()
    if match == "email":
        return person is not None and person.email.casefold() == wanted
    if match == "domain":
        host = (person.email if person else "").casefold().rpartition("@")[2]
        return host == wanted.removeprefix("@") or host.endswith("." + wanted.removeprefix("@"))
    if match == "phone":
        return plain(value) in {
            plain(touch.address),
            plain(person.phone if person else ""),
            plain(debtor.phone if debtor else ""),
        }
    if debtor is None:
        return False
    return wanted == (debtor.external_id if match == "external_id" else debtor.name).strip().casefold()
