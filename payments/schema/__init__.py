"""How the room's bodies and answers are described in the OpenAPI document."""

from payments.schema.payments import EXAMPLE, PAYMENT, REPORT, REPORT_EXAMPLE, SANDBOX_REPORT

__all__ = ["EXAMPLE", "PAYMENT", "REPORT", "REPORT_EXAMPLE", "SANDBOX_REPORT"]
