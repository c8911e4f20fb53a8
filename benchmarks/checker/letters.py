"""What stands in a message: who writes, how to opt out, the statement, the words.

R-09, R-14, R-15, R-21, R-22, R-26, R-27, R-33, R-34, R-38.
"""

from collections.abc import Iterator
from functools import lru_cache

from benchmarks.checker import places, reading
from benchmarks.checker.checks import Found, Look, reads, wrong
from benchmarks.checker.story import Body, Story, Touch, before, plain


@lru_cache(maxsize=4)
def _brand(story: Story, touch: Touch) -> dict[str, str]:
    """What the message must be known by: name, legal name, sender, postal address."""
    campaign, organisation = story.campaigns.get(touch.campaign), story.organisation
    given = campaign.brand if campaign else {}
    name = given.get("name") or (campaign.creditor if campaign else "") or organisation.name
    legal = given.get("legal_name") or organisation.legal_name or name
    address = given.get("address") or organisation.postal_address
    if _consumer(story, touch):
        # "Collector of record": a consumer hears from the collector, by its own name, on the creditor's behalf.
        legal, address = organisation.collector, organisation.collector_address or address
    return {"name": name, "legal": legal, "from": given.get("from_email") or "", "address": address}


def _consumer(story: Story, touch: Touch) -> bool:
    debtor = story.debtors.get(touch.debtor)
    return debtor is not None and places.consumer(debtor, attested=story.organisation.attested_class)


@lru_cache(maxsize=4)
def _words(story: Story, touch: Touch, body: Body) -> str:
    """The message's words, folded, without links and without the names of the records."""
    text = f" {reading.flat(reading.without_links(body.subject + ' ' + body.text))} "
    debtor, person, brand = story.debtors.get(touch.debtor), story.contacts.get(touch.contact), _brand(story, touch)
    named = [*brand.values(), debtor.name if debtor else "", person.name if person else ""]
    named += [row.invoice_number for case in touch.cases if (row := story.cases.get(case))]
    for name in sorted((reading.flat(name) for name in named if name), key=len, reverse=True):
        text = text.replace(name, " ")
    return text


@reads("creditor", "R-22", "the creditor is named, in both parts", citation="15 USC 1692e(14); 12 CFR 1006.18(c)-(d)")
def creditor(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    look()
    brand, parts = _brand(story, touch), (reading.flat(body.text), reading.flat(reading.visible(body.html)))
    for wanted in (brand["name"], brand["legal"].rstrip(".")):
        if any(reading.flat(wanted) not in part for part in parts):
            yield wrong(touch, "who writes is not named", missing=wanted)
            return


@reads("automated", "R-26", "it says that an automated service writes", citation="LAW.md, White label; R-26")
def automated(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    look()
    if not any(word in reading.flat(body.text) for word in reading.AUTOMATED):
        yield wrong(touch, "nothing says that an automated service writes")


@reads("collector", "R-14", "a consumer is told that a debt collector writes", citation="12 CFR 1006.18(e)")
def collector(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    if not _consumer(story, touch):
        return
    look()
    if "debt collector" not in reading.flat(body.text):
        yield wrong(touch, "a consumer was not told that a debt collector writes")


@reads("postal", "R-27", "the postal address stands in it", citation="15 USC 7704(a)(5)(A)(iii)")
def postal(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    look()
    address = _brand(story, touch)["address"]
    if not address or reading.flat(address) not in reading.flat(body.text):
        yield wrong(touch, "no postal address of the sender", address=address)


@reads("sender", "R-27", "it comes from the brand's own address", citation="15 USC 7704(a)(1)")
def sender(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    wanted = _brand(story, touch)["from"]
    if not wanted:
        return
    look()
    shown = body.headers.get("from", body.sender)
    if plain(body.sender) != plain(wanted) or plain(wanted) not in shown.casefold():
        yield wrong(touch, "another sender than the brand's", sender=shown, wanted=wanted)


@reads("headers", "R-27", "its headers let the reader leave and say a machine wrote", citation="RFC 8058; RFC 3834")
def headers(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    if not body.headers:
        return
    look()
    missing = [
        name for name in ("list-unsubscribe", "list-unsubscribe-post", "auto-submitted") if name not in body.headers
    ]
    if missing:
        yield wrong(touch, "a header is missing", missing=missing)
    elif plain(touch.address) not in body.headers.get("to", "").casefold():
        yield wrong(touch, "it went to somebody else", to=body.headers.get("to"), recipient=touch.address)


@lru_cache(maxsize=4)
def _opt_out_links(body: Body) -> frozenset[str]:
    return frozenset(link for link in reading.links(body.text) if "/optout/" in link)


@reads("opt_out", "R-09", "a sentence and a link to opt out, in both parts", citation="12 CFR 1006.6(e)")
def opt_out(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    look()
    text, found = reading.flat(body.text), _opt_out_links(body)
    if not any(word in text for word in reading.OPT_OUT):
        yield wrong(touch, "no sentence says how to opt out")
    elif len(found) != 1 or next(iter(found)) not in body.html:
        yield wrong(touch, "no link to opt out", links=sorted(found))
    elif body.headers and next(iter(found)) not in body.headers.get("list-unsubscribe", ""):
        yield wrong(touch, "the link is not the header's", links=sorted(found))


@reads("own_link", "R-09", "the link is of that very address", citation="12 CFR 1006.6(e)")
def own_link(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    for link in _opt_out_links(body):
        look()
        owner = look.seen.setdefault(link, touch.contact)
        if owner != touch.contact:
            yield wrong(touch, "somebody else's link to opt out", link=link, owner=owner)


@reads("same_words", "R-12", "nobody gets the same message twice", citation="docs/reliability.md")
def same_words(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    if not touch.asks:
        return
    look()
    key = plain(touch.address), hash((body.subject, body.text))
    first = look.seen.setdefault(key, touch.id)
    if first != touch.id and story.touch[first].case == touch.case:
        yield wrong(touch, "the same words to the same address", before=first)


@reads("itemised", "R-15", "the first message about an invoice itemises it", citation="12 CFR 1006.34; LAW.md R-15")
def itemised(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    if not touch.asks or not _first(story, touch):
        return
    look()
    row = story.cases.get(touch.case)
    if row is None:
        return
    lines = [entry for entry in story.account.get(row.id, ()) if before(entry, touch)]
    wanted = {row.invoice_minor} | {abs(e.minor) for e in lines if e.kind not in ("principal", "adjustment")}
    # The line that asks is no statement of what the sum consists of.
    stated = reading.statement(
        body.text.replace(reading.asked_line(body.text, story.organisation.pay_hosts), "", 1), row.currency
    )
    if missing := sorted(wanted - stated):
        yield wrong(touch, "the first message does not itemise the invoice", missing=missing)
    elif _consumer(story, touch) and "dispute" not in reading.flat(body.text):
        yield wrong(touch, "a consumer's first message carries no validation notice")


def _first(story: Story, touch: Touch) -> bool:
    mine = (t for t in story.by_debtor[touch.debtor] if t.case == touch.case and t.asks and t.channel == "email")
    return next(mine).id == touch.id


@reads("found_notice", "R-38", "a found address is told where it was found, at first", citation="LAW.md R-38")
def found_notice(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    person = story.contacts.get(touch.contact)
    mails = (t for t in story.by_contact[touch.contact] if t.channel == "email")
    if person is None or person.source != "enrichment" or not touch.asks or next(mails).id != touch.id:
        return
    look()
    if not any(words in reading.flat(body.text) for words in reading.FOUND):
        yield wrong(touch, "a found address was not told where it was found", contact=person.id)


@reads(
    "links",
    "R-21",
    "every link leads to one and the same house, or to the creditor's own pay host",
    citation="LAW.md, guard links",
)
def links(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    look()
    own = {reading.host(link) for link in _opt_out_links(body)}
    for link in reading.links(body.text):
        if own and reading.host(link) not in own | {*story.organisation.pay_hosts}:
            yield wrong(touch, "a link to somewhere else", link=link)
            return


def _listed(name: str, rule: str, words: tuple[str, ...], says: str, what: str, citation: str) -> None:
    @reads(name, rule, what, citation=citation)
    def over(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
        look()
        if found := sorted(set(reading.said(_words(story, touch, body), words))):
            yield wrong(touch, says, found=found)


_REG_F = "12 CFR 1006.18, 1006.22; 15 USC 1692e"
_listed("threats", "R-21", reading.THREATS, "it threatens", "no threat", _REG_F)
_listed("insults", "R-21", reading.INSULTS, "it shames", "no insult", "12 CFR 1006.14(c)")
_listed("urgency", "R-21", reading.URGENCY, "false urgency", "no false urgency", _REG_F)
_listed("human", "R-26", reading.HUMAN, "it claims to be a person", "it never claims to be human or staff", _REG_F)


@reads("last", "R-21", '"final" only on the last step', citation="LAW.md, guard false urgency")
def last(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    if touch.intent == "last_before_next_steps":
        return
    look()
    if found := sorted(set(reading.said(_words(story, touch, body), reading.LAST))):
        yield wrong(touch, "called the last, and it was not", found=found)


@reads("attorney", "R-33", "no word of an attorney before one has accepted", citation="12 CFR 1006.18(b)(1)(iii), (g)")
def attorney(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    look()
    accepted = [one.accepted_at for one in story.referred.get(touch.case, ()) if one.accepted_at is not None]
    found = sorted(set(reading.said(_words(story, touch, body), reading.ATTORNEYS)))
    if found and not any(at <= touch.at for at in accepted):
        yield wrong(touch, "it speaks of an attorney, and none had accepted", found=found)


@reads("bank_data", "R-34", "no card or account number", citation="LAW.md R-34")
def bank_data(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    look()
    if found := reading.accounts(reading.without_links(body.text)):
        yield wrong(touch, "it names an account or a card", numbers=found)
