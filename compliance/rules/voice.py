"""What a call must say and may not be: consent for machines, first words, voicemail."""

from compliance.facts import LINE_TYPES, Facts, is_consumer
from compliance.rules.people import consented
from compliance.verdicts import Ask, Says, rule

_NO_CALL = Says("allow", "not a call")


@rule("R-23", "Artificial voice", citation="47 USC 227(b)(1); FCC 24-17", scope="All")
def artificial_voice(facts: Facts, ask: Ask) -> Says:
    """Deny an AI's call to a line nobody knows, and without express consent to any but a business landline."""
    if ask.channel != "call":
        return _NO_CALL
    if facts.message.artificial is False:
        return Says("allow", "a person dials and speaks")
    who = facts.recipient
    if who is None or who.line_type not in LINE_TYPES:
        return Says("deny", "what kind of line it is is not known; a person may dial it")
    evidence = {"line_type": who.line_type}
    if who.line_type == "business_landline" and not is_consumer(facts):
        return Says("allow", "a business landline", evidence)
    if not consented(who, "call", "express", ask):
        return Says("deny", "no express consent to an artificial voice on this line; a person may dial it", evidence)
    return Says("allow", "express consent to an artificial voice", evidence)


@rule("R-13", "Who calls", citation="1006.14(g); 47 CFR 64.1200(b); 47 USC 227(e)", scope="C; All")
def caller_identity(facts: Facts, ask: Ask) -> Says:
    """The first words name the brand and the company responsible; the number answers and does not pretend."""
    if ask.channel != "call":
        return _NO_CALL
    said = facts.message
    if said.local_presence is not False:
        return Says("deny", "nothing shows that the number does not pretend to be local")
    present = {"brand": said.says_brand, "legal_name": said.says_legal_name, "callback": bool(said.callback)}
    missing = [name for name, there in present.items() if not there]
    if missing:
        words = "the first words must name the brand, the company responsible and a number that answers"
        return Says("require", words, {"missing": missing})
    return Says("allow", "says who calls and where to call back", present)


@rule("R-25", "Recording", citation="Cal. Penal Code 632 and the other all-party states", scope="All")
def recording(facts: Facts, ask: Ask) -> Says:
    """Every call that is recorded or transcribed says so first, everywhere, never by area code."""
    if ask.channel != "call":
        return _NO_CALL
    if facts.message.recorded is False and facts.message.artificial is False:
        return Says("allow", "neither recorded nor transcribed")
    if not facts.message.says_recorded:
        return Says("require", "the first words must say that the call is transcribed and recorded")
    return Says("allow", "says that it is transcribed and recorded")


@rule("R-26", "Artificial voice told", citation="FCC 24-17; Cal. Bus. & Prof. Code 17941", scope="All")
def artificial_told(facts: Facts, ask: Ask) -> Says:
    """An AI's call says up front that an AI speaks."""
    if ask.channel != "call":
        return _NO_CALL
    if facts.message.artificial is not False and not facts.message.says_artificial:
        return Says("require", "the first words must say that an artificial voice speaks")
    return Says("allow", "says what speaks" if facts.message.artificial is not False else "a person speaks")


@rule("R-28", "Voicemail", citation="1006.2(j)", scope="C; D")
def voicemail(facts: Facts, ask: Ask) -> Says:
    """What is left on a machine is the limited-content message, or nothing."""
    if ask.channel != "call":
        return _NO_CALL
    if facts.message.voicemail not in ("none", "limited"):
        return Says("require", "only the limited-content message may be left on a machine")
    return Says("allow", f"left on a machine: {facts.message.voicemail}")
