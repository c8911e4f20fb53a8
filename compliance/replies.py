"""What a debtor's words say, found by phrase lists: deterministic, explainable, and first to be asked.

Sources: 12 CFR 1006.6(c) (cease communication), 1006.6(b)(2) (attorney), 1006.14(h) and 1006.6(e) (opt-out of a
medium), 11 USC 362 (bankruptcy). The lists are in ``data/replies``; a text is read in several
spellings at once, so that look-alike letters, unseen ones and spaced-out words change nothing. Text is data.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from compliance import tables, wishes

LANGUAGES = ("en", "fr", "es", "de")
LABELS = (
    "promise_to_pay",
    "paid_claim",
    "dispute",
    "request_info",
    "payment_plan",
    "hardship",
    "wrong_person",
    "refer_to_contact",
    "out_of_office",
    "unsubscribe",
    "cease",
    "legal_threat",
    "attorney_represented",
    "bankruptcy",
    "deceased",
    "hostile",
    "inconvenient_time",
    "channel_preference",
    "asks_if_human",
    "vulnerable",
    "vendor_portal",
    "bounce",
    "other",
)
# What wins over every other reading, in this order.
FIRM = ("cease", "bounce", "attorney_represented", "bankruptcy", "deceased", "unsubscribe", "out_of_office")
_FIRM_ENOUGH = 0.9
_QUOTE = 300
# A text that is nothing but one of these words is an opt-out, as on every other channel.
_ALONE = frozenset(
    "stop stopp stopall end quit cancel unsubscribe arret arreter alto basta baja abmelden remove optout".split()
)
_SQUASHED = {
    "cease": ("ceaseanddesist", "stopcontacting", "donotcontact", "dontcontact", "leaveusalone", "leavemealone"),
    "unsubscribe": ("unsubscribe", "optmeout", "optout", "stopemailing", "removemefrom", "stopsending"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One label that a sentence speaks for. ``quote`` is a piece of the text as ``visible`` gives it."""

    label: str
    confidence: float
    quote: str


def visible(text: str) -> str:
    """The text as a reader sees it: no control, zero-width, tag or direction marks; quoted lines (">") left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    kept = "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Cn"))
    return "\n".join(line for line in kept.split("\n") if not line.lstrip().startswith(">")).strip()


def lexicon(text: str) -> str:
    """The firm reading of a text: one of ``FIRM``, or "". Cease comes before all else (R-05)."""
    return next((one.label for one in firm(text)), "")


def firm(text: str) -> tuple[Found, ...]:
    """Every firm reading, with its quote, the strongest duty first."""
    best = {one.label: one for one in readings(text) if one.label in FIRM and one.confidence >= _FIRM_ENOUGH}
    return tuple(best[label] for label in FIRM if label in best)


# Said in a stop, and seldom elsewhere. A false alarm costs somebody a look, a stop not heard costs the debtor's right.
_STOPPING = re.compile(
    r"\b(?:stop|quit|cease|unsubscribe|opt[ -]?out|desist|leave (?:me|us) alone|"
    r"(?:never|not|no longer) (?:be )?(?:contact|writ|e?-?mail|call|reach)\w*|"
    r"cesse[rz]|arr[eê]te[rz]|d[ée]sabonner|plus jamais|dejen|basta|baja|nunca m[aá]s|"
    r"aufh[oö]ren|unterlassen|abmelden|abbestellen|nie wieder)\b",
    re.IGNORECASE,
)


def may_be_a_stop(text: str) -> bool:
    """Whether a word of stopping stands in what a reader sees: then nothing else in it is certain."""
    seen = visible(text)
    if _STOPPING.search(seen) is None:
        return False
    # "Do not call before 10" stops nothing but the calls before 10.
    return _STOPPING.search(" ".join(one for one in sentences(seen) if not wishes.told(one))) is not None


def readings(text: str) -> tuple[Found, ...]:
    """Every label the text speaks for, with its best quote, by confidence; none when nothing is known of it."""
    found: dict[str, Found] = {}
    # Once each: a text that says one thing a thousand times is no surer, and must not take a thousand times as long.
    for sentence in dict.fromkeys(sentences(visible(text))):
        for label, confidence in _read(sentence):
            before = found.get(label)
            if before is None or confidence > before.confidence:
                found[label] = Found(label, confidence, sentence[:_QUOTE])
            else:
                # Said again in other words: a little surer, never certain.
                found[label] = Found(label, min(0.98, before.confidence + 0.03), before.quote)
    return tuple(sorted(found.values(), key=lambda one: -one.confidence))


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text: cut after . ! ? and at empty lines and list items; a wrapped line goes on."""
    for piece in re.split(
        r"(?<=[.!?。！？])(?<!\d\.)(?<![apAP]\.[mM]\.)(?:\s+|(?<=[。！？]))|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)", text
    ):
        if piece.strip():
            yield piece.strip()


def language_of(text: str) -> str:
    """Which offered language the text is in by its small words; "" when it is none of them, or too short."""
    words = _fold(text).split()
    counts = {language: sum(word in known for word in words) for language, known in _SMALL_WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= 1 and counts[best] >= len(words) / 15 else ""


# --- one sentence


def _read(sentence: str) -> Iterator[tuple[str, float]]:
    """(label, confidence) of each list that has a phrase in one of the sentence's spellings."""
    best: dict[str, float] = {}
    spellings = _spellings(sentence)
    for label, confidence, pattern, unless in _lists():
        if best.get(label, 0) >= confidence:
            continue
        for spelling in spellings:
            if pattern.search(unless.sub(" ", spelling) if unless else spelling):
                best[label] = confidence
                break
    for label in _without_gaps(sentence):
        best[label] = 0.95
    asked = wishes.read([sentence])
    if asked.windows and wishes.told(sentence):
        timed = any(one.days or one.starts or one.ends for one in asked.windows)
        best = {label: sure for label, sure in best.items() if label in _BESIDE_A_WISH}
        best["inconvenient_time" if timed else "channel_preference"] = 0.92
    elif asked.consents:
        best["channel_preference"] = 0.92
    yield from best.items()


# "Do not contact me before 10" sounds like a demand for silence, and is none; what may stand beside such a wish.
_BESIDE_A_WISH = (frozenset(FIRM) - {"cease", "unsubscribe"}) | {"hostile", "legal_threat", "vulnerable"}


def _spellings(sentence: str) -> tuple[str, ...]:
    """The sentence folded, with look-alikes as the Latin letters they imitate, figures as letters, gaps closed, and
    without curses and other words that only lend weight: "leave us the hell alone"."""
    folded = _fold(sentence)
    latin = folded.translate(_LOOKALIKES)
    letters = " ".join(word if word.isdigit() else word.translate(_FIGURES) for word in latin.split(" "))
    closed = re.sub(r"\b\w(?:[ .\-_*|/]\w)+\b", lambda run: re.sub(r"[\W_]", "", run.group()), latin)
    bare = " ".join(_fillers().sub(" ", _MASKED.sub(" ", latin)).split())
    return tuple(dict.fromkeys((folded, latin, letters, closed, latin.replace("- ", ""), bare)))


# A curse behind stars: "the f*** away", "s#!t".
_MASKED = re.compile(r"(?:\bthe\s+)?\b\w{1,3}[*#@$%!]{2,}\w*")


def _fold(text: str) -> str:
    """Lower case, compatibility forms and accents gone, apostrophes and line ends as spaces."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"['’ʼ`´‘]", " ", unicodedata.normalize("NFC", plain)).split())


def _without_gaps(sentence: str) -> Iterator[str]:
    """What stands in a sentence spelled out letter by letter, in a script that writes no spaces, or all alone."""
    letters = re.sub(r"[\W_]", "", _fold(sentence).translate(_LOOKALIKES).translate(_FIGURES))
    spread = len(re.findall(r"(?<!\w)\w(?!\w)", sentence)) >= 4
    for label, words in _SQUASHED.items():
        if spread and any(word in letters for word in words):
            yield label
    if letters in _ALONE:
        yield "unsubscribe"
    if not sentence.isascii():
        # These scripts keep their marks: folding would change what a word is.
        whole = unicodedata.normalize("NFKC", sentence)
        folded = _fold(sentence)
        for label, phrases in _unspaced():
            if any(phrase in whole or _fold(phrase) in folded for phrase in phrases):
                yield label


# --- the lists


@cache
def _lists() -> tuple[tuple[str, float, re.Pattern[str], re.Pattern[str] | None], ...]:
    """(label, confidence, phrases, what is taken out first) of every list of every language."""
    return tuple(
        (label, float(confidence), _pattern(phrases), _unless(label, confidence))
        for lists in _given()
        for label, levels in lists.items()
        for confidence, phrases in levels.items()
        if not confidence.startswith("except")
    )


@cache
def _unless(label: str, confidence: str) -> re.Pattern[str] | None:
    """What is taken out of a sentence before this level of a label is looked for, in every language at once: "disput"
    of one list stands in the "do not dispute" of another."""
    named = ("except", f"except {confidence}")
    phrases = [one for lists in _given() for name in named for one in lists.get(label, {}).get(name, ())]
    return _pattern(phrases) if phrases else None


@cache
def _given() -> tuple[dict[str, dict[str, list[str]]], ...]:
    """Label → confidence → phrases, of each language."""
    offered = [tables.load(f"replies/{language}")["labels"] for language in LANGUAGES]
    return (*offered, *tables.load("replies/more")["languages"].values())


@cache
def _fillers() -> re.Pattern[str]:
    return _pattern(tables.load("replies/fillers")["fillers"])


@cache
def _unspaced() -> tuple[tuple[str, tuple[str, ...]], ...]:
    languages = tables.load("replies/more")["unspaced"].values()
    return tuple((label, tuple(words)) for labels in languages for label, words in labels.items())


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    """The phrases of a list as one pattern over folded text; the notice in each file explains their signs."""
    return re.compile("|".join(rf"(?<!\w)(?:{_phrase(phrase)})(?!\w)" for phrase in phrases))


def _phrase(phrase: str) -> str:
    made = ""
    for part in phrase.split():
        gap = r"\W+" if made and not made.endswith(_GAP) else ""
        if part == "...":
            made += _GAP
        elif part.startswith("["):
            made += rf"(?:{gap}(?:{_either(part[1:-1])}))*" if made else rf"(?:(?:{_either(part[1:-1])})\W+)?"
        else:
            made += gap + (f"(?:{_either(part[1:-1])})" if part.startswith("(") else _word(part))
    return made


_GAP = r"\W+(?:\w+\W+){0,4}?"


def _either(words: str) -> str:
    return "|".join(_word(word) for word in words.split("|"))


def _word(word: str) -> str:
    """One word, or several joined by "_"; "*" at its end stands for the rest of it."""
    parts = [
        re.escape(_fold(part.rstrip("*"))).replace(r"\ ", r"\W+") + (r"\w*" if part.endswith("*") else "")
        for part in word.split("_")
    ]
    return r"\W+".join(parts)


# --- letters

_IMITATED = {
    "a": "аɑαаᴀ", "b": "ƅьᖯʙв", "c": "сϲᴄⅽ", "d": "ԁɗᴅⅾ", "e": "еҽεᴇєℯ", "f": "ғꜰϝ", "g": "ɡցɢ", "h": "һհʜн",
    "i": "іιɩıɪї", "j": "јϳᴊ", "k": "κкᴋ", "l": "ӏⅼʟ", "m": "мᴍⅿ", "n": "пոɴη", "o": "оοօσᴏ", "p": "рρᴘ", "q": "ԛզ",
    "r": "гᴦʀ", "s": "ѕꜱʂ", "t": "тτᴛ", "u": "υսᴜц", "v": "νѵᴠ", "w": "ԝѡᴡω", "x": "хχ", "y": "уүʏγ", "z": "ᴢʐ",
}  # fmt: skip
_LOOKALIKES = {ord(letter): latin for latin, letters in _IMITATED.items() for letter in letters}
_FIGURES = str.maketrans("013457@$!|", "oieastasil")
_SMALL_WORDS = {
    "en": frozenset(
        "the and is are we you your this that will have has for not of to it please i on with our my".split()
    ),
    "fr": frozenset(
        "le la les nous vous est et pas une un des du de votre notre je sera pour que ne sur avons ai".split()
    ),
    "es": frozenset(
        "el la los las nosotros su es y no una un por de nuestro para que en hemos he lo del con se".split()
    ),
    "de": frozenset(
        "der die das wir sie ist und nicht eine ein ihre ihr unser ich wird fur den zu bitte mit am haben".split()
    ),
}
