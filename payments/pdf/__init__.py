"""Papers: a payment's receipt, a month's statement. Drawn by fpdf2 (docs/decisions/0021-pdf-by-fpdf2.md)."""

from payments.pdf.receipt import receipt
from payments.pdf.statement import statement

__all__ = ["receipt", "statement"]
