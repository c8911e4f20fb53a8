"""What a campaign does, on which day."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from agentcollect.kit.listing import document
from agentcollect.kit.shapes import BOOL, MAYBE_TEXT, MAYBE_TIME, TEXT, choice, named, record, whole
from campaigns.rules.playbook import INTENTS, LAST_DAY, MOST_STEPS
from campaigns.schema.words import answer, sent

_DAY = {"type": "integer", "minimum": 0, "maximum": LAST_DAY}
_SAYS = "; ".join(f"{channel}: {', '.join(sorted(intents))}" for channel, intents in sorted(INTENTS.items()))
STEP = named(
    "PlaybookStep",
    whole(
        {
            "day": _DAY | {"description": "Counted from the first message; a posture stretches it."},
            "channel": choice(sorted(INTENTS)),
            "intent": choice(sorted({one for intents in INTENTS.values() for one in intents}))
            | {"description": f"What it says. {_SAYS}."},
            "level": {"type": "integer", "minimum": 0, "maximum": 3}
            | {"description": "1 accounts payable, 2 the controller, 3 the decision maker; 0 for an attorney."},
        }
    ),
)
STEPS = {"type": "array", "items": STEP, "minItems": 1, "maxItems": MOST_STEPS}
PLAYBOOK = whole(
    {
        "id": MAYBE_TEXT | {"description": "null for a built-in one."},
        "name": TEXT,
        "version": {"type": "integer"},
        "title": MAYBE_TEXT,
        "built_in": BOOL,
        "steps": STEPS,
        "livemode": BOOL,
        "created_at": MAYBE_TIME,
        "created_by": MAYBE_TEXT,
    }
)
_STEPS: list[dict[str, Any]] = [
    {"day": 0, "channel": "email", "intent": "first_reminder", "level": 1},
    {"day": 5, "channel": "call", "intent": "first_call", "level": 1},
    {"day": 10, "channel": "email", "intent": "last_before_next_steps", "level": 2},
]
EXAMPLE: dict[str, Any] = {
    "id": "pbk_0UZ8pq1K9xQk4Fw2aBcDeF",
    "name": "gentle",
    "version": 2,
    "title": "For old customers",
    "built_in": False,
    "steps": _STEPS,
    "livemode": False,
    "created_at": "2026-03-17T14:22:00Z",
    "created_by": "usr_1",
}
_IN = record(
    ["name", "steps"],
    name=TEXT | {"pattern": "^[a-z0-9][a-z0-9_-]{0,39}$"},
    title=MAYBE_TEXT | {"maxLength": 120},
    steps=STEPS,
)

playbooks = document(
    "list_playbooks",
    "List your playbooks",
    PLAYBOOK,
    EXAMPLE,
    tag="Playbooks",
    description="Each in its newest version. The built-in one stands at `/v1/playbooks/default`.",
)
save_playbook = extend_schema_view(
    post=extend_schema(
        operation_id="save_playbook",
        summary="Save a playbook, as its next version",
        description=(
            "A version is never changed: saving a name again makes the next one, which new campaigns take; campaigns "
            "that run keep theirs. The same steps and title again are answered with the version that stands (200)."
        ),
        tags=["Playbooks"],
        request={"application/json": _IN},
        responses={201: PLAYBOOK, 200: PLAYBOOK},
        examples=[
            sent("Three steps", {name: EXAMPLE[name] for name in ("name", "title", "steps")}),
            answer(EXAMPLE, "201"),
            answer(EXAMPLE, "200"),
        ],
    )
)
playbook = extend_schema_view(
    get=extend_schema(
        operation_id="get_playbook",
        summary="Get a playbook with its versions",
        description="`versions`, newest first; at most the last 100.",
        tags=["Playbooks"],
        responses={200: whole({"name": TEXT, "built_in": BOOL, "versions": {"type": "array", "items": PLAYBOOK}})},
        examples=[answer({"name": "gentle", "built_in": False, "versions": [EXAMPLE]})],
    )
)
