"""How the room's bodies and answers are described in the OpenAPI document."""

from payments.schema.payments import (
    CREDIT_GIVEN,
    CREDIT_GIVEN_EXAMPLE,
    EXAMPLE,
    PAYMENT,
    REFUND,
    REFUND_EXAMPLE,
    REFUND_GIVEN,
    REFUND_GIVEN_EXAMPLE,
    REPORT,
    REPORT_EXAMPLE,
    SANDBOX_REPORT,
)

__all__ = [
    "CREDIT_GIVEN",
    "CREDIT_GIVEN_EXAMPLE",
    "EXAMPLE",
    "PAYMENT",
    "REFUND",
    "REFUND_EXAMPLE",
    "REFUND_GIVEN",
    "REFUND_GIVEN_EXAMPLE",
    "REPORT",
    "REPORT_EXAMPLE",
    "SANDBOX_REPORT",
]
