"""Guards over words: what is said, and how. Each names its list in ``data/lexicon_<language>.json``."""

from collections.abc import Iterator

from compliance import reading
from compliance.guards.known import Complaint, Known, listed, without_records
from compliance.reading import LANGUAGES, Rendered, words_of

MOST_WORDS = 180
MOST_EXCLAMATIONS = 1
MOST_ASKS = 1


def attorney(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No attorney, government or hint of either before a referral is accepted (R-33)."""
    if not known.attorney_allowed:
        yield from listed(rendered, known, "attorney", "hints at an attorney or a government")


def identity(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Never claims to be human, nor the creditor's employee."""
    yield from listed(rendered, known, "human", "claims to be human")
    yield from listed(rendered, known, "employee", "claims to be an employee")


def threats(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No word of the threat list (1006.18(c), 1006.22)."""
    yield from listed(rendered, known, "threat", "threatens")


def speaks(rendered: Rendered, known: Known, name: str) -> bool:
    """Whether a word of the list `name` ("suit", "attorney") stands in the message, records left out: a fact for the
    gate's rules (R-20, R-33), whatever the guards make of it."""
    return next(listed(rendered, known, name, name), None) is not None


def insults(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No shaming (1006.14(c))."""
    yield from listed(rendered, known, "insult", "shames or insults")


def commitments(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """A "we will" announces a scheduled, authorised step, and no other act. Lists: commitment, act_<channel>."""
    phrases = words_of(rendered.language, "commitment")
    # The creditor's "will" is ours: both bind the creditor.
    own = _WE[rendered.language]
    for sentence, left in without_records(rendered.sentences(), known):
        if not left.strip(" .!?,;:"):
            continue  # code put it in whole: a disclosure that the law words
        words = sentence.replace(reading.plain(known.creditor_name), own) if known.creditor_name else sentence
        if not reading.phrases_in(words, phrases):
            continue
        acts = {act for act in ACTS if reading.phrases_in(words, words_of(rendered.language, f"act_{act}"))}
        if not acts or not acts <= known.authorised:
            yield sentence, "announces what is not a scheduled, authorised step"


def promises(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Nothing is promised, waived or accepted on the creditor's behalf. List: promise."""
    yield from listed(rendered, known, "promise", "promises on the creditor's behalf")


def offers(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Discounts and plans only where the creditor's policy allows them. Lists: discount, plan."""
    for offer in ("discount", "plan"):
        if offer not in known.offers:
            yield from listed(rendered, known, offer, f"offers a {offer} that the policy does not hold")
    if "discount" not in known.offers:
        for sentence, words in without_records(rendered.sentences(), known):
            if "%" in words:
                yield sentence, "a percentage"


def pressure(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No pressure before a consumer's validation period has ended (1006.38(b)(1)). List: pressure."""
    if known.validation_open:
        yield from listed(rendered, known, "pressure", "presses before the validation period has ended")


def urgency(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No false urgency; "final" and "last" only on the last step. Lists: hurry, last_word."""
    yield from listed(rendered, known, "hurry", "false urgency")
    if not known.last_step:
        yield from listed(rendered, known, "last_word", "called the last, and more are planned")


def legal_advice(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No word on what the law asks of the reader (15 USC 1692e(2), (10)). List: legal_advice."""
    yield from listed(rendered, known, "legal_advice", "legal advice")


def received(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """A payment is said to be there only if one succeeded. Lists: received, payment_word, paid."""
    if known.paid:
        return
    come, payment = words_of(rendered.language, "received"), words_of(rendered.language, "payment_word")
    for sentence, words in without_records(rendered.sentences(), known):
        about_money = reading.phrases_in(words, payment) or reading.amounts_in(words)
        if about_money and reading.phrases_in(words, come):
            yield sentence, "says that a payment has come"
    yield from listed(rendered, known, "paid", "says that a payment has come")


def leaks(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Nothing of prompts, policies, scores or negotiation floors, and no placeholder left open. List: leak."""
    yield from listed(rendered, known, "leak", "tells of the engine's inside")
    for sentence, words in without_records(rendered.sentences(), known):
        if reading.placeholders_in(words):
            yield sentence, "a placeholder was not filled"


def asks(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """One ask; what hangs on a condition ("if …, please reply") is an offer, and none. Lists: ask, condition."""
    wanted, condition = words_of(rendered.language, "ask"), words_of(rendered.language, "condition")
    found = [
        sentence
        for sentence, words in without_records(rendered.drafted(), known)
        if ("?" in words or reading.phrases_in(words, wanted)) and not reading.phrases_in(words, condition)
    ]
    for sentence in found[MOST_ASKS:]:
        yield sentence, "a second ask"


def language(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """The words are in the language chosen: more stop words of it than of any other. List: stop_word."""
    pairs = without_records(rendered.drafted(), known)
    whole = " ".join(words for _, words in pairs)
    for sentence, words, margin in [("", whole, 1), *((sentence, words, 3) for sentence, words in pairs)]:
        counts = {name: reading.stop_words_in(words, name) for name in LANGUAGES}
        own = counts.pop(rendered.language)
        if other := next((name for name, count in counts.items() if count >= own + margin), ""):
            yield sentence, f"reads like {other}, not {rendered.language}"


def free_sentences(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """A sentence that no phrase bank holds has no number, date, name, money, consequence or law of its own.

    Lists: number_word, money_word, month, weekday, modal, legal, threat, attorney.
    """
    names = sorted({known.creditor_name, *known.names} - {""}, key=len, reverse=True)
    for sentence in rendered.free:
        words = reading.plain(sentence)
        if any(letter.isdigit() for letter in words):
            yield sentence, "a free sentence with a number"
        for name in _FREE:
            for phrase in reading.phrases_in(words, reading.spoken(rendered.language, name)):
                yield sentence, f'a free sentence with a word that only approved ones may hold: "{phrase}"'
        found = [name for name in names if reading.phrases_in(words, (reading.plain(name),))]
        for name in found or reading.names_in(words, rendered.language):
            yield sentence, f'a free sentence with a name: "{name}"'


def length(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """At most 180 words of running text: links and ``known.fixed_blocks`` left out."""
    text = rendered.text
    for block in known.fixed_blocks:
        text = text.replace(block, " ", 1)
    count = len(reading.without_urls(text).split())
    if count > MOST_WORDS:
        yield "", f"{count} words; at most {MOST_WORDS}"
    if not rendered.text.strip():
        yield "", "no plain-text part"


def shouting(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No word of five letters in capitals, nor two of three in a row, save names; at most one '!'."""
    named = " ".join([known.creditor_name, *known.identifiers, *known.capitals, *known.names])
    for sentence in rendered.sentences():
        if loud := reading.shouted(sentence, frozenset(named.split())):
            yield sentence, f"shouts: {loud}"
    for part in rendered.parts():
        if part.count("!") > MOST_EXCLAMATIONS:
            yield part[:120], "more than one exclamation mark"


ACTS = ("email", "call", "letter", "attorney")
_WE = {"en": "we", "fr": "nous", "es": "nosotros", "de": "wir"}
_FREE = ("number_word", "money_word", "month", "weekday", "modal", "legal", "threat", "attorney")
