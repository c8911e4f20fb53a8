"""Who is reached, and on what ground: recipients, sources, bases, consents, wrong parties."""

from datetime import timedelta

from compliance import tables
from compliance.facts import ContactFact, Facts, Recipient, is_consumer
from compliance.rules.holds import may_be, plain
from compliance.rules.stops import suppressing
from compliance.verdicts import OUTREACH, Ask, Says, rule

FREE_MAIL = tables.free_mail()
STAFF = frozenset({"finance", "accounts_payable", "executive"})
BASES = frozenset({"debtor_used", "creditor_supplied"})
# 1006.6(d)(5)(ii): a text may follow their own within 60 days, or a check that the number is still theirs.
NUMBER_FRESH = timedelta(days=60)
NOBODY = Says("deny", "no recipient is named")


@rule("R-06", "Third parties", citation="1006.6(d)(1); 15 USC 1692c(b)", scope="C; D")
def third_parties(facts: Facts, ask: Ask) -> Says:
    """Deny whoever is not the debtor, its verified finance staff, its attorney: a consumer's never by a search."""
    who = facts.recipient
    if who is None:
        return NOBODY
    evidence = {"source": who.source, "role": who.role, "party": who.party, "sources": list(who.sources)}
    if who.party == "attorney" or who.source in ("creditor", "debtor"):
        return Says("allow", "the debtor, as the creditor or the debtor named it", evidence)
    if is_consumer(facts):
        return Says("deny", "nobody who was found by a search is written to about a consumer's debt", evidence)
    if who.role not in STAFF:
        return Says("deny", "the title does not show finance, accounts payable or executive staff", evidence)
    if who.verified_at is None:
        return Says("deny", "a found address that nobody has verified", evidence)
    return Says("allow", "verified finance staff of the debtor", evidence)


@rule("R-04", "Place of work", citation="1006.6(b)(3); 1006.22(f)(3)", scope="C; D")
def workplace(facts: Facts, ask: Ask) -> Says:
    """A consumer's address at work is denied unless they wrote from it; a company's free mailbox if it was found."""
    who = facts.recipient
    if who is None:
        return NOBODY
    if ask.channel != "email":
        return Says("allow", "not an email")
    free = who.address.strip().rpartition("@")[2].casefold() in FREE_MAIL
    evidence = {"free_mail": free, "basis": who.basis, "source": who.source}
    if is_consumer(facts) and who.party != "attorney" and not free and who.basis != "debtor_used":
        return Says("deny", "this may be their employer's address, and they have not written from it", evidence)
    if not is_consumer(facts) and free and who.source == "enrichment":
        return Says("deny", "a free mailbox that was found by a search may be a private one", evidence)
    return Says("allow", "no address at somebody else's place of work", evidence)


@rule("R-07", "Ground for the address", citation="1006.6(d)(3)-(4)", scope="C; D")
def basis(facts: Facts, ask: Ask) -> Says:
    """Record how the address may be used; a consumer's needs one of the grounds that the regulation knows."""
    if facts.recipient is None:
        return NOBODY
    evidence = {"basis": facts.recipient.basis}
    if is_consumer(facts) and facts.recipient.party != "attorney" and facts.recipient.basis not in BASES:
        return Says("deny", "nothing says that this address may be used for a consumer", evidence)
    return Says("allow", f"ground on record: {facts.recipient.basis or 'none'}", evidence)


@rule("R-08", "SMS", citation="1006.6(d)(5); 47 USC 227(b)(1)(A)", scope="C; All")
def sms(facts: Facts, ask: Ask) -> Says:
    """Deny a text without consent, and without a word of theirs or a check of the number in the last 60 days."""
    who = facts.recipient
    if ask.channel != "sms":
        return Says("allow", "not a text message")
    if who is None or not consented(who, "sms", "express", ask):
        return Says("deny", "nobody consented to text messages at this number")
    theirs = [c for c in facts.history if c.channel == "sms" and c.direction == "in" and c.contact_id == who.contact_id]
    fresh = [*(c.at for c in theirs), *([who.number_checked_at] if who.number_checked_at else [])]
    if not any(ask.at - NUMBER_FRESH <= at <= ask.at for at in fresh):
        return Says("deny", "neither a text of theirs nor a check of the number in the last 60 days")
    return Says("allow", "consent, and a number that is still theirs")


@rule("R-19", "Found contacts", citation="1006.6(d); house rule", scope="D")
def enrichment(facts: Facts, ask: Ask) -> Says:
    """A found contact needs a source and a date, and a commercial debt; a found phone carries no consent."""
    who = facts.recipient
    if who is None:
        return NOBODY
    if who.source != "enrichment":
        return Says("allow", "not found by a search")
    evidence = {"sources": list(who.sources), "found_at": who.found_at.isoformat() if who.found_at else None}
    if is_consumer(facts):
        return Says("deny", "people are searched for at companies only", evidence)
    if not who.sources or who.found_at is None:
        return Says("deny", "nothing says where and when this contact was found", evidence)
    if ask.channel == "sms":
        return Says("deny", "a number found by a search carries no consent", evidence)
    return Says("allow", "found at a company, with source and date", evidence)


@rule("R-39", "Wrong party", citation="1006.6(d)(1); house rule", scope="All", kinds=OUTREACH)
def wrong_party(facts: Facts, ask: Ask) -> Says:
    """After "this is not me", nobody else of that debtor is tried before the contact was verified anew."""
    told = [s for s in facts.suppressions if s.reason == "wrong_person"]
    if not told:
        return Says("allow", "nobody said that we have the wrong person")
    since, who = max(s.since for s in told), facts.recipient
    evidence = {"told_at": since.isoformat()}
    if who is None or any(s.contact_id is not None and s.contact_id == who.contact_id for s in told):
        return Says("deny", "they said that they are not the debtor", evidence)
    wrote = any(c.direction == "in" and c.at >= since and c.contact_id == who.contact_id for c in facts.history)
    if wrote or (who.verified_at is not None and who.verified_at >= since):
        return Says("allow", "verified since somebody else said that they are not the debtor", evidence)
    return Says("deny", "somebody there is not the debtor; this contact must be verified again first", evidence)


@rule("R-16", "Electronic delivery", citation="1006.42; 15 USC 7001(c)", scope="C; D")
def delivery(facts: Facts, ask: Ask) -> Says:
    """No email to an address whose last one bounced (a letter instead); a consumer's notices need consent."""
    who = facts.recipient
    if ask.channel != "email":
        return Says("allow", "not an email")
    if who is None:
        return NOBODY
    last = max((c for c in _mails(facts, who) if c.counts), key=lambda c: c.at, default=None)
    if last is not None and last.state == "bounced" and (who.verified_at is None or who.verified_at <= last.at):
        return Says("deny", "the last mail to this address bounced; a letter instead", {"at": last.at.isoformat()})
    if not is_consumer(facts) or who.party == "attorney":
        return Says("allow", "an address that takes mail")
    first = not any(c.counts for c in facts.history)
    if not first and not consented(who, "email", "esign", ask):
        return Says("deny", "a consumer must have agreed to get notices electronically (E-SIGN)")
    return Says("allow", "the first message, or agreed to")


@rule("R-38", "Personal data of business contacts", citation="GDPR art. 14; house rule", scope="All", kinds=OUTREACH)
def found_notice(facts: Facts, ask: Ask) -> Says:
    """The first message to a found address says where it was found, and how to object."""
    who = facts.recipient
    if who is None:
        return NOBODY
    before = [c for c in facts.history if c.counts and c.contact_id is not None and c.contact_id == who.contact_id]
    if who.source != "enrichment" or before:
        return Says("allow", "no found address, or told before")
    told = facts.message.source_notice
    if told is False or (told is None and facts.livemode):
        return Says("require", "the first message to a found address must say where it was found")
    return Says("allow", "told where the address was found" if told else "test mode: nobody looked for the notice")


@rule("R-24", "Consent taken back", citation="47 CFR 64.1200(a)(10)", scope="All")
def revoked(facts: Facts, ask: Ask) -> Says:
    """Who closed calls or texts has closed both to machines, at once and however they said it."""
    who = facts.recipient
    machine = ask.channel == "sms" or (ask.channel == "call" and facts.message.artificial is not False)
    if not machine:
        return Says("allow", "no machine calls or texts")
    if who is None:
        return NOBODY
    taken = [c for c in who.consents if c.revoked_at is not None and c.channel in ("call", "sms")]
    later = [c for c in who.consents if c.revoked_at is None and c.channel == ask.channel]
    if taken and not any(c.since > max(t.revoked_at or t.since for t in taken) for c in later):
        return Says("deny", "they took their consent back")
    closed = [s for s in facts.suppressions if s.channel in ("call", "sms") and s.contact_id is not None]
    if suppressing(facts, "call", "sms") or any(s.contact_id == who.contact_id for s in closed):
        return Says("deny", "they closed calls or texts")
    return Says("allow", "nothing was taken back")


def consented(who: Recipient, channel: str, kind: str, ask: Ask) -> bool:
    """Whether a consent stands at the moment asked about."""
    mine = [c for c in who.consents if (c.channel, c.kind) == (channel, kind) and c.since <= ask.at]
    return any(c.revoked_at is None or ask.at < c.revoked_at for c in mine)


def _mails(facts: Facts, who: Recipient) -> list[ContactFact]:
    mine = [c for c in facts.history if c.channel == "email" and c.direction == "out"]
    address = plain(who.address)
    # A corrected address is another one: what bounced at the old says nothing of it.
    return [c for c in mine if (plain(c.address) == address if c.address else may_be(c.contact_id, who.contact_id))]
