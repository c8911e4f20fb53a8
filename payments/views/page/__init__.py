"""The page a debtor pays on, by what it does: paying, what else can be done, receipts, papers."""

from payments.views.page.rendering import unknown_page

__all__ = ["unknown_page"]
