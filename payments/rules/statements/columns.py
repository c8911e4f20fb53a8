"""What a bank calls its columns, in English, German, French and Spanish."""

import re
import unicodedata

from agentcollect.kit import money

_NAMES: dict[str, str] = {
    "date": """date; booking date; posting date; posted date; posted; date posted; transaction date; completed date;
        operation date; entry date; buchungstag; buchungsdatum; buchung; datum; date de comptabilisation;
        date comptable; date operation; date d operation; date de l operation; date ecriture; fecha; fecha operacion;
        fecha de operacion; fecha contable; f contable; f operacion""",
    "value_date": "value date; valuta; wertstellung; valutadatum; date valeur; date de valeur; fecha valor; f valor",
    "amount": """amount; transaction amount; net amount; value; betrag; umsatz; montant; importe; cantidad; monto;
        montant de l operation; importe de la operacion""",
    "credit": """credit; credits; credit amount; deposit; deposits; paid in; money in; haben; gutschrift; gutschriften;
        abono; abonos; haber; ingreso; ingresos; entree; entrees; recettes""",
    "debit": """debit; debits; debit amount; withdrawal; withdrawals; paid out; money out; soll; belastung;
        belastungen; cargo; cargos; debe; gasto; gastos; sortie; depenses; debito""",
    "side": """credit debit; debit credit; cr dr; dr cr; credit or debit; credit debit indicator; credit debit code;
        debit credit indicator; soll haben; soll haben kennzeichen; s h; sens; sens de l operation; signo;
        debe haber; type""",
    "payer": """payer; payor; name; counterparty; counterparty name; remitter; remitter name; sender; sender name; from;
        originator; debtor name; auftraggeber; auftraggeber empfanger; auftraggeber begunstigter;
        beguenstigter zahlungspflichtiger; begunstigter zahlungspflichtiger; zahlungspflichtiger;
        zahlungspflichtige r; zahlungspflichtiger name; zahlungsbeteiligter; name zahlungsbeteiligter; absender;
        name des partners; partnername; partner name; einzahler; emetteur; donneur d ordre; contrepartie; nom; tiers;
        nom de la contrepartie; ordenante; remitente; nombre; contraparte; nombre del ordenante""",
    "payer_account": """payer account; payer iban; counterparty account; counterparty iban; iban; konto iban;
        kontonummer iban; iban zahlungsbeteiligter; kontonummer; iban des auftraggebers; compte contrepartie;
        iban contrepartie; iban del ordenante; cuenta ordenante""",
    "account": """account; account number; account no; own account; account iban; auftragskonto; iban auftragskonto;
        bezeichnung auftragskonto; compte; numero de compte; cuenta; numero de cuenta""",
    "text": """description; transaction description; text; details; transaction details; memo; narrative; narration;
        particulars; message; subject; note; notes; remittance information; remittance; payment details;
        verwendungszweck; buchungstext; zweck; beschreibung; buchungsdetails; mitteilung; zahlungszweck; libelle;
        libelle operation; motif; communication; informations complementaires; detail; concepto; descripcion; detalle;
        detalles; observaciones; mas datos""",
    "reference": """reference; reference number; ref; customer reference; payment reference; end to end id;
        end to end reference; kundenreferenz; kundenreferenz end to end; referenz; zahlungsreferenz; reference client;
        reference de bout en bout; referencia; referencia 1; referencia 2; referencia cliente; check number;
        check or slip""",
    "bank_reference": """bank reference; bank ref; transaction id; transaction reference; transaction number; id; fitid;
        txid; bankreferenz; buchungsreferenz; transaktions id; transaktionsnummer; transaktionsnr;
        reference banque; reference bancaire; id transaction; numero de operacion; id transaccion;
        referencia bancaria""",
    "currency": "currency; currency code; ccy; wahrung; waehrung; devise; divisa; moneda; kontowahrung",
    "state": "status; state; transaction status; statut; estado; umsatzstatus",
    # Says anything, and at some banks that a line is not booked yet.
    "info": "info; information; hinweis",
}
_MEANS = {" ".join(name.split()): column for column, names in _NAMES.items() for name in names.split(";")}
# Read from every column of that meaning, one after the other; of the others the first counts.
JOINED = ("text", "reference", "info")
_IN = re.compile(r" (?:in|en)$")


def fold(name: str) -> str:
    """A heading without case, accents and marks: `Währung (EUR)` → `wahrung eur`."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c))))


def meaning(heading: str) -> tuple[str, str]:
    """(what the column holds, the currency its heading names); ("", "") for a column we do not read."""
    folded = fold(heading)
    if folded in _MEANS:
        return _MEANS[folded], ""
    name, _, last = folded.rpartition(" ")
    if last.upper() in money.CURRENCIES and len(last) == 3:
        return _MEANS.get(_IN.sub("", name), ""), last.upper()
    return "", ""


def columns_of(cells: list[str]) -> tuple[dict[str, list[int]], str]:
    """Column → where it stands, and the currency that the amounts' heading names. Empty where this is no heading:
    it must say when and how much."""
    found: dict[str, list[int]] = {}
    currency = ""
    for place, cell in enumerate(cells):
        column, named = meaning(cell)
        if column:
            found.setdefault(column, []).append(place)
            currency = currency or named
    dated = "date" in found or "value_date" in found
    counted = "amount" in found or "credit" in found
    return (found, currency) if dated and counted else ({}, "")
