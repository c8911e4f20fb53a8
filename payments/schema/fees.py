"""What the API answers about statements."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view

from agentcollect.kit.shapes import BOOL, NUMBER, TEXT, TIME, WHOLE, whole

_MONEY = {
    "collected_by_us": NUMBER | {"description": "What debtors paid through us, and it went to their invoices."},
    "reported_by_you": NUMBER | {"description": "What they paid you directly, as you reported it."},
    "credited": NUMBER | {"description": "Your credit notes."},
    "returned": NUMBER | {"description": "Refunds, returned debits and chargebacks: owed again, or credited."},
}
STATEMENT = whole(
    {
        "id": TEXT,
        "month": TEXT | {"pattern": r"^\d{4}-\d{2}$", "description": "In your organisation's own calendar."},
        "currency": TEXT,
        "from": TIME,
        "until": TIME | {"description": "The first moment that is not in it any more."},
        **_MONEY,
        "fees": whole(
            {
                "success": NUMBER,
                "card": NUMBER,
                "discovery": NUMBER,
                "given_back": NUMBER | {"description": "Of payments that went back; zero or negative."},
            }
        ),
        "net_fee": NUMBER | {"description": "The sum of the fees. Negative: more was given back than earned."},
        "lines": WHOLE | {"description": "How many lines the CSV file has."},
        "pdf_url": TEXT,
        "csv_url": TEXT,
        "livemode": BOOL,
        "created_at": TIME,
    }
)
STATEMENT_EXAMPLE: dict[str, Any] = {
    "id": "stm_0UZ8pq1K9xQk4Fw2aBcDeF",
    "month": "2026-03",
    "currency": "USD",
    "from": "2026-03-01T05:00:00Z",
    "until": "2026-04-01T04:00:00Z",
    "collected_by_us": 15000,
    "reported_by_you": 2000,
    "credited": 500,
    "returned": 0,
    "fees": {"success": 2550, "card": 30, "discovery": 4, "given_back": 0},
    "net_fee": 2584,
    "lines": 5,
    "pdf_url": "https://api.agentcollect.com/v1/statements/stm_0UZ8pq1K9xQk4Fw2aBcDeF/pdf",
    "csv_url": "https://api.agentcollect.com/v1/statements/stm_0UZ8pq1K9xQk4Fw2aBcDeF/csv",
    "livemode": True,
    "created_at": "2026-04-02T04:00:12Z",
}
one_statement = extend_schema_view(
    get=extend_schema(
        operation_id="get_statement",
        summary="Get a monthly statement",
        tags=["Statements"],
        responses={200: STATEMENT},
        examples=[OpenApiExample("Answer", value=STATEMENT_EXAMPLE, response_only=True, status_codes=["200"])],
    )
)


def _file(operation_id: str, summary: str, media_type: str) -> Any:
    return extend_schema_view(
        get=extend_schema(
            operation_id=operation_id,
            summary=summary,
            description="A 302 leads to a signed address that works for five minutes; send no credentials there.",
            tags=["Statements"],
            responses={
                (200, media_type): {"type": "string", "format": "binary"},
                302: OpenApiResponse(description="The bytes are at `Location`."),
            },
        )
    )


statement_pdf = _file("download_statement_pdf", "Get a statement as PDF", "application/pdf")
statement_csv = _file("download_statement_csv", "Get a statement's lines as CSV", "text/csv")
