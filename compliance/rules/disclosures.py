"""What every message carries: opt-out, sender, address, statement, and a consumer's disclosures."""

from compliance import consumer
from compliance.facts import ELECTRONIC, Facts, is_consumer
from compliance.rules.amounts import barred
from compliance.rules.holds import may_be
from compliance.verdicts import OUTREACH, Ask, Says, rule


@rule("R-09", "Opt-out offered", citation="1006.6(e)", scope="C; D")
def opt_out_offered(facts: Facts, ask: Ask) -> Says:
    """Require the visible sentence and the link without login in every electronic message."""
    if ask.channel not in ELECTRONIC:
        return Says("allow", "not an electronic message")
    present = {"opt_out_line": facts.opt_out_line, "opt_out_link": facts.opt_out_link}
    missing = [name for name, there in present.items() if not there]
    if missing:
        return Says("require", "the message must tell how to opt out, and link to it", {"missing": missing})
    return Says("allow", "the opt-out sentence and link are there", present)


@rule("R-27", "Truthful headers", citation="15 USC 7704(a)(1)-(2), (5)", scope="All")
def headers(facts: Facts, ask: Ask) -> Says:
    """An email names a postal address, and comes from where it says."""
    if ask.channel != "email":
        return Says("allow", "not an email")
    if not facts.postal_address and (facts.livemode or is_consumer(facts)):
        return Says("require", "no postal address of the sender is known")
    aligned = facts.message.from_aligned
    if aligned is False or (aligned is None and facts.livemode):
        return Says("require", "nothing shows that the sender's address is the sender's own")
    return Says("allow", "postal address and sender are there")


@rule("R-22", "True name", citation="15 USC 1692e(14); 1006.18(c)-(d)", scope="C; D")
def true_name(facts: Facts, ask: Ask) -> Says:
    """A consumer hears from the collector by its legal name; a company from the creditor's brand."""
    sender = facts.message.sender
    if is_consumer(facts):
        expected = f"{facts.collector.legal_name}, a debt collector, on behalf of" if facts.collector else ""
        if not expected or sender is None or not sender.startswith(expected):
            return Says("require", "the sender must be named: the collector, a debt collector, on behalf of whom")
        return Says("allow", "the collector under its legal name")
    if sender is None:
        outcome = "require" if facts.livemode else "allow"
        return Says(outcome, "nobody looked whose name the message comes under")  # type: ignore[arg-type]
    if sender not in facts.brand_names:
        return Says("require", "the message must come under the creditor's own name", {"sender": sender})
    return Says("allow", "the creditor's own name")


@rule("R-14", "Consumer disclosures", citation="1006.18(e)", scope="C")
def disclosures(facts: Facts, ask: Ask) -> Says:
    """A consumer's first message says that a debt is collected; every later one that it is from a debt collector; one
    about a debt past its time, that nobody sues for it. Where no words are written, nothing is sent."""
    if not is_consumer(facts):
        return Says("allow", "not a consumer debt")
    state = barred(facts, ask.at)
    if why := consumer.unwritten(facts.country, facts.region, facts.message.language, state):
        return Says("require", why)
    if state != "live" and not facts.message.barred:
        return Says("require", "the debt is or may be past its time, and the message does not say what that means")
    wanted = "later" if any(c.counts and c.kind == "outreach" for c in facts.history) else "first"
    if facts.message.disclosure != wanted:
        return Says("require", f"the disclosure of a {wanted} message is missing")
    return Says("allow", f"the disclosure of a {wanted} message is there")


@rule("R-15", "Validation and statement", citation="1006.34", scope="C; D", kinds=OUTREACH)
def statement(facts: Facts, ask: Ask) -> Says:
    """The first message about an invoice itemises it; a consumer's carries the validation notice."""
    if is_consumer(facts):
        if facts.message.validation or facts.validation_at is not None:
            return Says("allow", "the validation notice is there")
        return Says("require", "the validation notice must come with the first message")
    before = [c for c in facts.history if c.counts and c.kind == "outreach" and c.channel in ("email", "letter")]
    if any(may_be(c.case_id, ask.case_id) for c in before) or ask.channel not in ("email", "letter"):
        return Says("allow", "not the first message about it")
    itemised = facts.message.itemised
    if itemised is False or (itemised is None and facts.livemode):
        return Says("require", "the first message about an invoice must itemise it")
    return Says("allow", "itemised" if itemised else "test mode: nobody looked for the statement")
