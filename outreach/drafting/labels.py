"""The fixed words of a message in each language: code puts them in whole, whoever drafted the rest.

`opt_out` is (before, linked words, after); `{}` takes the fact. French puts a space before a colon.
"""

from typing import NamedTuple


class Labels(NamedTuple):
    """What stands around the drafted paragraphs."""

    greeting: str
    greeting_plain: str
    colon: str
    invoice: str
    outstanding: str
    invoices: str
    balance: str
    total: str
    due: str
    pay: str
    statement: str
    billed_to: str
    invoice_date: str
    due_date: str
    plan: str
    signature: str
    truth: str
    source: str
    opt_out: tuple[str, str, str]
    page: str
    receipt: str
    receipt_paper: str
    reference: str
    credit: str


LABELS: dict[str, Labels] = {
    "en": Labels(
        greeting="Hello {},",
        greeting_plain="Hello,",
        colon=": ",
        invoice="Invoice #{}",
        outstanding="Outstanding balance",
        invoices="Open invoices",
        balance="Balance",
        total="Total",
        due="Due {}",
        pay="Pay online",
        statement="Statement",
        billed_to="Billed to",
        invoice_date="Invoice date",
        due_date="Due date",
        plan="Payment plan",
        signature="On behalf of {}",
        truth="An automated service writes and sends this message on behalf of {}.",
        source="Your business address was found through {} and is used for this matter only. "
        "You can object to that, or ask what is kept about you, in reply to this message.",
        opt_out=("You can ", "opt out of these emails", " at any time."),
        page="Open the page",
        receipt="Receipt",
        receipt_paper="Receipt as a PDF",
        reference="Reference",
        credit="Credit",
    ),
    "fr": Labels(
        greeting="Bonjour {},",
        greeting_plain="Bonjour,",
        colon="\u00a0: ",
        invoice="Facture n°\u00a0{}",
        outstanding="Solde à régler",
        invoices="Factures en attente",
        balance="Solde",
        total="Total",
        due="Échéance le {}",
        pay="Payer en ligne",
        statement="Relevé",
        billed_to="Facturé à",
        invoice_date="Date de facture",
        due_date="Échéance",
        plan="Échéancier",
        signature="Pour le compte de {}",
        truth="Un service automatisé rédige et envoie ce message pour le compte de {}.",
        source="Votre adresse professionnelle a été trouvée par {} et ne sert qu’à cette affaire. "
        "Vous pouvez vous y opposer, ou demander quelles données sont conservées, en répondant à ce message.",
        opt_out=("Vous pouvez ", "vous désinscrire de ces e-mails", " à tout moment."),
        page="Ouvrir la page",
        receipt="Reçu",
        receipt_paper="Reçu en PDF",
        reference="Référence",
        credit="Crédit",
    ),
    "es": Labels(
        greeting="Buenos días, {}:",
        greeting_plain="Buenos días:",
        colon=": ",
        invoice="Factura n.º\u00a0{}",
        outstanding="Saldo pendiente",
        invoices="Facturas pendientes",
        balance="Saldo",
        total="Total",
        due="Vencimiento: {}",
        pay="Pagar en línea",
        statement="Estado de cuenta",
        billed_to="Facturado a",
        invoice_date="Fecha de la factura",
        due_date="Vencimiento",
        plan="Plan de pagos",
        signature="En nombre de {}",
        truth="Un servicio automatizado redacta y envía este mensaje en nombre de {}.",
        source="Su dirección profesional se encontró a través de {} y solo se usa para este asunto. "
        "Puede oponerse, o pedir qué datos se conservan, respondiendo a este mensaje.",
        opt_out=("Puede ", "darse de baja de estos correos", " en cualquier momento."),
        page="Abrir la página",
        receipt="Recibo",
        receipt_paper="Recibo en PDF",
        reference="Referencia",
        credit="Crédito",
    ),
    "de": Labels(
        greeting="Guten Tag {},",
        greeting_plain="Guten Tag,",
        colon=": ",
        invoice="Rechnung Nr.\u00a0{}",
        outstanding="Offener Betrag",
        invoices="Offene Rechnungen",
        balance="Offener Betrag",
        total="Gesamtbetrag",
        due="Fällig am {}",
        pay="Online bezahlen",
        statement="Aufstellung",
        billed_to="Rechnungsempfänger",
        invoice_date="Rechnungsdatum",
        due_date="Fällig am",
        plan="Ratenplan",
        signature="Im Auftrag von {}",
        truth="Ein automatisierter Dienst verfasst und versendet diese Nachricht im Auftrag von {}.",
        source="Ihre geschäftliche Adresse wurde über {} gefunden und wird nur für diese Angelegenheit verwendet. "
        "Sie können dem widersprechen oder Auskunft über Ihre Daten verlangen: Eine Antwort auf diese Mail genügt.",
        opt_out=("Sie können sich jederzeit ", "von diesen E-Mails abmelden", "."),
        page="Seite öffnen",
        receipt="Quittung",
        receipt_paper="Quittung als PDF",
        reference="Referenz",
        credit="Guthaben",
    ),
}

# The lines of an account, from the English that the ledger's reader gives them.
_LINES = {
    "Invoice amount": ("Montant de la facture", "Importe de la factura", "Rechnungsbetrag"),
    "Paid before": ("Déjà payé", "Pagado anteriormente", "Bereits bezahlt"),
    "Interest": ("Intérêts", "Intereses", "Zinsen"),
    "Fee": ("Frais", "Gastos", "Gebühr"),
    "Payment received": ("Paiement reçu", "Pago recibido", "Zahlung erhalten"),
    "Refund": ("Remboursement", "Reembolso", "Erstattung"),
    "Payment reversed": ("Paiement annulé", "Pago anulado", "Zahlung zurückgebucht"),
    "Credit note": ("Avoir", "Nota de abono", "Gutschrift"),
    "Adjustment": ("Ajustement", "Ajuste", "Korrektur"),
    "Written off": ("Montant annulé", "Importe cancelado", "Ausgebucht"),
}
_COLUMNS = {"fr": 0, "es": 1, "de": 2}


def line_label(label: str, language: str) -> str:
    """An account line's name in `language`; one that is unknown here stays as it is."""
    return _LINES[label][_COLUMNS[language]] if language in _COLUMNS and label in _LINES else label
