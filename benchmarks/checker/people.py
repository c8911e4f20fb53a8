"""Who was reached: R-04, R-06, R-07, R-19."""

from collections.abc import Iterator

from benchmarks.checker import places
from benchmarks.checker.checks import Found, Look, check, wrong
from benchmarks.checker.reading import FREE_MAIL, flat, said
from benchmarks.checker.story import Contact, Debtor, Story, Touch, plain
from benchmarks.checker.tables import FINANCE


def _reached(story: Story) -> Iterator[tuple[Touch, Debtor, Contact]]:
    for touch in story.touches:
        debtor, person = story.debtors.get(touch.debtor), story.contacts.get(touch.contact)
        if debtor is not None and person is not None:
            yield touch, debtor, person


def _consumer(story: Story, debtor: Debtor) -> bool:
    return places.consumer(debtor, attested=story.organisation.attested_class)


@check("of_the_debtor", "R-06", "the recipient is one of the debtor's people", citation="12 CFR 1006.6(d)(1)")
def of_the_debtor(story: Story, look: Look) -> Iterator[Found]:
    for touch in story.touches:
        look()
        person = story.contacts.get(touch.contact)
        if person is None or person.debtor != touch.debtor:
            yield wrong(touch, "to nobody of this debtor's", contact=touch.contact)
            continue
        corrected = person.updated is not None and person.updated > touch.at
        debtor = story.debtors.get(touch.debtor)
        own = {plain(person.email), plain(person.phone), plain(debtor.phone if debtor else "")}
        if not corrected and plain(touch.address) not in own:
            yield wrong(touch, "to an address that is not theirs", address=touch.address)


@check("role", "R-06", "a found person is verified finance, payables or executive staff", citation="15 USC 1692c(b)")
def role(story: Story, look: Look) -> Iterator[Found]:
    for touch, _, person in _reached(story):
        if person.source != "enrichment":
            continue
        look()
        if not any(said(flat(person.title), FINANCE)):
            yield wrong(touch, "no finance, payables or executive staff", title=person.title)
        elif not person.proven or min(person.proven) > touch.at:
            yield wrong(touch, "a found address that nobody had verified", contact=person.id)


@check("found", "R-19", "who was found has sources, and is no consumer", citation="LAW.md R-19")
def found(story: Story, look: Look) -> Iterator[Found]:
    for touch, debtor, person in _reached(story):
        if person.source != "enrichment":
            continue
        look()
        if person.sources == 0:
            yield wrong(touch, "nothing says where this person was found", contact=person.id)
        elif _consumer(story, debtor):
            yield wrong(touch, "a consumer's people are not searched for", contact=person.id)


@check(
    "workplace", "R-04", "no private mailbox that was found, no consumer's workplace", citation="12 CFR 1006.6(b)(3)"
)
def workplace(story: Story, look: Look) -> Iterator[Found]:
    for touch, debtor, person in _reached(story):
        if touch.channel != "email":
            continue
        look()
        free = touch.address.casefold().rpartition("@")[2] in FREE_MAIL
        if _consumer(story, debtor) and not free and person.basis != "debtor_used":
            yield wrong(touch, "perhaps a consumer's place of work", address=touch.address)
        elif not _consumer(story, debtor) and free and person.source == "enrichment":
            yield wrong(touch, "a private mailbox that was found", address=touch.address)


@check("basis", "R-07", "every address has a ground on record", citation="12 CFR 1006.6(d)(3)-(4)")
def basis(story: Story, look: Look) -> Iterator[Found]:
    for touch, debtor, person in _reached(story):
        look()
        lawful = person.basis in ("debtor_used", "creditor_supplied", "creditor")
        if not person.basis or (_consumer(story, debtor) and not lawful):
            yield wrong(touch, "nothing says that this address may be used", basis=person.basis)
