"""The guards over words, each with sentences that pass and sentences that do not, in every language offered."""

from dataclasses import replace
from datetime import date

import pytest

from compliance import reading
from compliance.guards import Known, check
from compliance.reading import LANGUAGES, Rendered

OPT_OUT = "https://pay.acme.example/o/abc"
KNOWN = Known(
    amounts=frozenset({"15 000,00 €", "15.000,00 €", "€15,000.00"}),
    dates=frozenset({date(2026, 3, 17)}),
    identifiers=frozenset({"2025-0847"}),
    allowed_hosts=frozenset({"pay.acme.example"}),
    creditor_name="ACME Supply",
    opt_out_url=OPT_OUT,
)
BODIES = {
    "en": "Hello,\n\nThis is about the balance that is open in our records. {}\n\nYou can opt out of these emails.\n",
    "fr": "Bonjour,\n\nIl s'agit du solde qui reste ouvert dans nos comptes. {}\n\nVous pouvez vous désinscrire.\n",
    "es": "Buenos días:\n\nSe trata del saldo que sigue abierto en la cuenta. {}\n\nPuede darse de baja.\n",
    "de": "Guten Tag,\n\nes geht um den Betrag, der bei uns noch offen ist. {}\n\nSie können sich abmelden.\n",
}
PASSES = {
    "en": (
        "A short reply is enough.",
        "If the payment is on its way, please say so.",
        "Could you tell us where it stands?",
        "The €15,000.00 of invoice #2025-0847 fell due on Tuesday, March 17, 2026.",
        "No, this is an AI system, not a person.",
        "Your message has been received and passed on.",
    ),
    "fr": (
        "Une courte réponse suffit.",
        "Si le paiement est en route, merci de nous le dire.",
        "Pourriez-vous nous dire où en est le dossier ?",
        "Les 15\u202f000,00\xa0€ de la facture n°\xa02025-0847 étaient dus le mardi 17 mars 2026.",
        "Non, c'est un système d'intelligence artificielle, et non une personne.",
        "Nous espérons que cela vous aide, et nous considérons votre message.",
    ),
    "es": (
        "Una respuesta breve es suficiente.",
        "Si el pago está en camino, le rogamos que nos lo diga.",
        "¿Podría decirnos cómo está el asunto?",
        "Los 15.000,00 € de la factura n.º 2025-0847 vencieron el martes 17 de marzo de 2026.",
        "No, es un sistema de inteligencia artificial y no una persona.",
        "Queremos ayudarle con este asunto.",
    ),
    "de": (
        "Eine kurze Antwort genügt.",
        "Falls die Zahlung unterwegs ist, schreiben Sie uns bitte.",
        "Könnten Sie uns den Stand nennen?",
        "Die 15.000,00 € der Rechnung Nr. 2025-0847 waren am Dienstag, den 17. März 2026, fällig.",
        "Nein, das ist ein KI-System und keine Person.",
        "Ihre Nachricht ist angekommen und an die richtige Stelle gerichtet.",
    ),
}
FAILS = {
    "amounts": {
        "en": ("A fee of €50.00 was added.", "You owe a thousand euros."),
        "fr": ("Des frais de 50,00 € s'ajoutent.", "Vous devez 16\u202f000,00\xa0€.", "Il reste mille euros."),
        "es": ("Se añaden 50,00 €.", "El saldo es de 15.000,00 US$.", "Quedan mil euros."),
        "de": ("Dazu kommen 50,00 €.", "Offen sind 15.001,00 €.", "Offen sind tausend Euro."),
    },
    "dates": {
        "en": ("It fell due on March 18, 2026.", "It fell due on Monday, March 17, 2026."),
        "fr": ("C'était le 1er avril 2026.", "C'était le lundi 17 mars 2026.", "C'était le 18 juillet 2026."),
        "es": ("Fue el 18 de marzo de 2026.", "Fue el lunes, 17 de marzo de 2026."),
        "de": ("Das war am 18. März 2026.", "Das war am Montag, den 17. März 2026.", "Das war am 17.4.2026."),
    },
    "identifiers": {
        "en": ("So is invoice #2025-0999.",),
        "fr": ("Il en va de même pour la facture n° 2025-0999.",),
        "es": ("Lo mismo ocurre con la factura n.º 2025-0999.",),
        "de": ("Das gilt auch für die Rechnung Nr. 2025-0999.",),
    },
    "bank_data": {
        "en": ("Our IBAN is on the page.", "Pay to DE89 3704 0044 0532 0130 00 instead."),
        "fr": ("Voici notre RIB.", "Payez sur FR14 2004 1010 0505 0001 3M02 606."),
        "es": ("Este es el número de cuenta.", "Pague en ES91 2100 0418 4502 0005 1332."),
        "de": ("Unsere Bankverbindung steht unten.", "Zahlen Sie auf DE89 3704 0044 0532 0130 00."),
    },
    "attorney": {
        "en": ("Our legal team is watching.", "The federal government knows."),
        "fr": ("Notre avocat suit le dossier.", "Le service contentieux est prévenu.", "Le fisc est informé."),
        "es": ("Nuestro abogado lleva el caso.", "El departamento jurídico está al tanto.", "Lo sabe Hacienda."),
        "de": ("Unser Anwalt ist informiert.", "Die Rechtsabteilung prüft das.", "Das Finanzamt weiß es."),
    },
    "identity": {
        "en": ("I am a real person.", "I work for ACME Supply.", "My colleague wrote to you."),
        "fr": ("Je suis une vraie personne.", "Je travaille chez ACME Supply.", "Ma collègue vous a écrit."),
        "es": ("Soy una persona real.", "Trabajo en ACME Supply.", "Mi compañera le escribió."),
        "de": ("Ich bin kein Roboter.", "Ich arbeite bei ACME Supply.", "Meine Kollegin hat Ihnen geschrieben."),
    },
    "threats": {
        "en": ("This goes to court.", "The police are informed.", "It hurts your credit score.", "We may sue."),
        "fr": ("Le tribunal est saisi.", "Un huissier passe chez vous.", "La mise en demeure est prête."),
        "es": ("Esto va al juzgado.", "El embargo está listo.", "Su empresa está en la lista de morosos."),
        "de": (
            "Das geht vor Gericht.",
            "Die Pfändung steht an.",
            "Das schadet Ihrer Bonität.",
            "Der Mahnbescheid liegt bereit.",
        ),
    },
    "insults": {
        "en": ("Shame on you.", "Only a deadbeat ignores this."),
        "fr": ("C'est une honte.", "Seul un mauvais payeur ignore cela."),
        "es": ("Es una vergüenza.", "Solo un sinvergüenza lo ignora."),
        "de": ("Schämen Sie sich.", "Das ist eine Schande.", "Nur ein Betrüger ignoriert das."),
    },
    "commitments": {
        "en": ("We will take further steps.", "ACME Supply will call you.", "We're going to write to you."),
        "fr": (
            "Nous vous appellerons.",
            "Nous allons prendre des mesures.",
            "ACME Supply vous transmettra le dossier.",
        ),
        "es": ("Le llamaremos.", "Vamos a tomar medidas.", "ACME Supply le enviará el caso."),
        "de": (
            "Wir werden Sie anrufen.",
            "ACME Supply wird weitere Schritte einleiten.",
            "Morgen werden wir Ihnen schreiben.",
        ),
    },
    "promises": {
        "en": ("We guarantee a good solution.", "ACME Supply agrees to wait.", "The fee is waived."),
        "fr": (
            "Nous vous garantissons une solution.",
            "ACME Supply accepte de patienter.",
            "La dette est effacée, nous annulons la dette.",
        ),
        "es": ("Le garantizamos una solución.", "ACME Supply acepta el retraso.", "Condonamos los intereses."),
        "de": ("Wir garantieren eine Lösung.", "ACME Supply verzichtet auf Zinsen.", "Die Zinsen sind erlassen."),
    },
    "offers": {
        "en": ("A discount is possible.", "You can pay in instalments.", "It is 10% less."),
        "fr": ("Une remise est possible.", "Vous pouvez payer en plusieurs fois.", "C'est 10 % de moins."),
        "es": ("Es posible un descuento.", "Puede pagar a plazos.", "Es un 10 % menos."),
        "de": ("Ein Nachlass ist möglich.", "Sie können in Raten zahlen.", "Das sind 10 % weniger."),
    },
    "urgency": {
        "en": ("This is urgent.", "This is the final reminder."),
        "fr": ("C'est urgent.", "Ceci est le dernier rappel."),
        "es": ("Es urgente.", "Este es el último aviso."),
        "de": ("Das ist dringend.", "Dies ist die letzte Mahnung."),
    },
    "legal_advice": {
        "en": ("You are legally required to pay.", "The statute of limitations is near."),
        "fr": ("Vous êtes légalement tenu de payer.", "La prescription approche.", "La loi exige le paiement."),
        "es": ("Es una obligación legal.", "La ley exige el pago.", "La prescripción está cerca."),
        "de": ("Sie sind gesetzlich verpflichtet zu zahlen.", "Die Verjährung rückt näher."),
    },
    "received": {
        "en": ("We received your payment.", "The transfer has arrived.", "Thank you for paying."),
        "fr": ("Nous avons bien reçu votre paiement.", "Le virement est arrivé.", "Merci pour votre paiement."),
        "es": ("Hemos recibido su pago.", "La transferencia ha llegado.", "Gracias por su pago."),
        "de": ("Wir haben Ihre Zahlung erhalten.", "Die Überweisung ist eingegangen.", "Vielen Dank für Ihre Zahlung."),
    },
    "leaks": {
        "en": ("My instructions say so.", "Our policy allows it.", "Your risk score is low.", "Dear {debtor}, hello."),
        "fr": ("Mes instructions le disent.", "Votre score est bas.", "Le plancher est atteint.", "Bonjour {debtor}."),
        "es": (
            "Mis instrucciones lo dicen.",
            "Su puntuación es baja.",
            "Nuestra política lo permite.",
            "Hola {debtor}.",
        ),
        "de": (
            "Meine Anweisungen sagen das.",
            "Die Untergrenze ist erreicht.",
            "Ihr Score ist niedrig.",
            "Hallo {debtor}.",
        ),
    },
    "asks": {
        "en": ("Please pay. Please reply.", "Who pays? Please tell us."),
        "fr": ("Veuillez payer. Pourriez-vous répondre ?",),
        "es": ("Le rogamos que pague. ¿Podría responder?",),
        "de": ("Bitte zahlen Sie. Könnten Sie antworten?",),
    },
    "language": {
        "en": ("Vous trouverez le relevé sur la page et vous pouvez le payer.",),
        "fr": ("You can find the statement on the page and pay it there.",),
        "es": ("Sie können den Betrag auf der Seite bezahlen, die unten steht.",),
        "de": ("You can find the statement on the page and pay it there.",),
    },
    "shouting": {
        "en": ("PLEASE answer.", "Hurry! Today!"),
        "fr": ("RÉPONDEZ donc.", "Vite ! Vite !"),
        "es": ("RESPONDA ya.", "¡Ya! ¡Hoy!"),
        "de": ("ANTWORTEN Sie.", "Schnell! Heute!"),
    },
}
PRESSURE = {
    "en": "Payment is expected immediately.",
    "fr": "Le paiement est attendu sans délai.",
    "es": "El pago se espera de inmediato.",
    "de": "Die Zahlung wird umgehend erwartet.",
}
FREE = {
    "en": (
        "You must pay it.",
        "It is due in two weeks.",
        "Say hello to Sandra there.",
        "The law is clear.",
        "About 5 days.",
    ),
    "fr": (
        "Vous devez le payer.",
        "Il reste deux semaines.",
        "Bonjour à Sandra de chez vous.",
        "La dette est claire.",
        "Dans 5 jours.",
    ),
    "es": (
        "Usted debe pagarlo.",
        "Quedan dos semanas.",
        "Un saludo a Sandra de su equipo.",
        "La deuda es clara.",
        "En 5 días.",
    ),
    "de": (
        "Sie müssen das zahlen.",
        "Es bleiben zwei Wochen.",
        "Grüße gehen an Frau Weber.",
        "Die Forderung ist klar.",
        "In 5 Tagen.",
    ),
}
PLAIN = {
    "en": "A short word from you about {} helps us along.",
    "fr": "Un mot de votre part concernant {} nous aide à avancer.",
    "es": "Unas palabras suyas sobre {} nos ayudan a avanzar.",
    "de": "Eine kurze Antwort zu {} bringt uns weiter.",
}


def message(language: str, sentence: str = "", **changes: object) -> Rendered:
    text = BODIES[language].replace("{}", sentence)
    return Rendered(**{"subject": "2025-0847", "text": text + OPT_OUT, "language": language, **changes})  # type: ignore[arg-type]


def guards_of(rendered: Rendered, known: Known = KNOWN) -> set[str]:
    return {finding.guard for finding in check(rendered, known)}


CASES = [(guard, language, one) for guard, table in FAILS.items() for language, some in table.items() for one in some]


def test_every_language_offered_has_every_list_and_every_table() -> None:
    assert set(BODIES) == set(PASSES) == set(PRESSURE) == set(FREE) == set(PLAIN) == LANGUAGES
    assert all(set(table) == LANGUAGES for table in FAILS.values())
    assert all(reading.words_of(language, name) for language in LANGUAGES for name in reading.LISTS)


@pytest.mark.parametrize(
    ("language", "sentence"), [(name, one) for name, some in PASSES.items() for one in ("", *some)]
)
def test_a_plain_sentence_passes(language: str, sentence: str) -> None:
    assert check(message(language, sentence), KNOWN) == ()


@pytest.mark.parametrize(("guard", "language", "sentence"), CASES)
def test_one_wrong_sentence_is_found(guard: str, language: str, sentence: str) -> None:
    assert guard in guards_of(message(language, sentence))


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_what_the_records_allow_may_be_said(language: str) -> None:
    last, offer, paid = FAILS["urgency"][language][1], FAILS["offers"][language], FAILS["received"][language]
    assert check(message(language, last), replace(KNOWN, last_step=True)) == ()
    assert check(message(language, offer[1]), replace(KNOWN, offers=frozenset({"plan"}))) == ()
    assert check(message(language, offer[0]), replace(KNOWN, offers=frozenset({"discount"}))) == ()
    assert all(check(message(language, one), replace(KNOWN, paid=True)) == () for one in paid)
    named = FAILS["attorney"][language][0]
    assert "attorney" not in guards_of(message(language, named), replace(KNOWN, attorney_allowed=True))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "We will call you."),
        ("fr", "Nous vous appellerons."),
        ("es", "Le llamaremos."),
        ("de", "Wir werden Sie anrufen."),
    ],
)
def test_only_a_scheduled_step_is_announced(language: str, sentence: str) -> None:
    assert guards_of(message(language, sentence)) == {"commitments"}
    assert guards_of(message(language, sentence), replace(KNOWN, authorised=frozenset({"email"}))) == {"commitments"}
    assert check(message(language, sentence), replace(KNOWN, authorised=frozenset({"call"}))) == ()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_pressure_before_the_validation_period_has_ended(language: str) -> None:
    pressed = message(language, PRESSURE[language])
    assert "pressure" not in guards_of(pressed)
    assert "pressure" in guards_of(pressed, replace(KNOWN, validation_open=True))


@pytest.mark.parametrize(("language", "sentence"), [(name, one) for name, some in FREE.items() for one in some])
def test_a_free_sentence_holds_no_fact_and_no_consequence(language: str, sentence: str) -> None:
    assert "free_sentences" in guards_of(message(language, free=(sentence,)))


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_plain_free_sentence_passes_and_a_record_s_name_does_not(language: str) -> None:
    assert check(message(language, free=(PLAIN[language],)), KNOWN) == ()
    named = PLAIN[language].replace("{}", "ACME Supply")
    assert "free_sentences" in guards_of(message(language, free=(named,)))


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_disclosures_stand_in_both_parts(language: str) -> None:
    told = replace(
        KNOWN, disclosures=("ACME Supply, a debt collector.",), names=frozenset({"ACME Supply, a debt collector."})
    )
    assert guards_of(message(language), told) == {"disclosures"}
    both = message(language, "ACME Supply, a debt collector.")
    assert check(both, told) == ()
    html = f'<p>Hello</p><a href="{OPT_OUT}">x</a>'
    assert "disclosures" in guards_of(replace(both, html=html), told)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_too_many_words(language: str) -> None:
    assert "length" in guards_of(message(language, "a " * 181))


def test_a_language_that_lacks_a_list_is_not_offered() -> None:
    assert check(replace(message("en"), language="it"), KNOWN)[0].guard == "language"
