"""An invoice as a one-page PDF, without any library: enough to be opened, stored and shown."""

from agentcollect.kit import money
from campaigns.models import Case

_HEAD = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"

_FONTS = b"<< /Font << /F1 4 0 R >> >>"


def invoice(case: Case) -> bytes:
    owed = money.display(case.placed_minor, case.currency, "en")
    lines = [
        "INVOICE",
        f"Number      {case.invoice_number}",
        f"Billed to   {case.debtor.name}",
        f"Invoiced    {case.invoice_date}",
        f"Due         {case.due_date}",
        f"Total       {owed}",
    ]
    return _pdf(lines)


def _pdf(lines: list[str]) -> bytes:
    """ISO 32000-1, 7.5: five objects, their places, and where the places are."""
    shown = " T* ".join(f"({_escaped(line)}) Tj" for line in lines)
    text = f"BT /F1 14 Tf 72 720 Td 24 TL {shown} ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Resources %s >>" % _FONTS,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    out, places = _HEAD, []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + end % (table, len(out))


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
