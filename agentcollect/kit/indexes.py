"""Indexes of a kind that only PostgreSQL has; SQLite, which is for trying out, does without them."""

from typing import Any

from django.db import migrations


class PostgresIndex(migrations.RunSQL):
    """`PostgresIndex("case_metadata", "campaigns_case USING gin (…)")`: on PostgreSQL alone, in no model's Meta."""

    def __init__(self, name: str, on: str) -> None:
        self.name, self.on = name, on
        super().__init__(f"CREATE INDEX IF NOT EXISTS {name} ON {on}", f"DROP INDEX IF EXISTS {name}")

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.name, self.on], {}

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


def metadata(name: str, table: str) -> PostgresIndex:
    """An index for `metadata[key]=value`. Rows without metadata are left out, and cost nothing.

    What waits to be sorted in is kept short: the insert that finds it full sorts all of it in, and a customer waits.
    """
    options = "USING gin (metadata jsonb_path_ops) WITH (gin_pending_list_limit = 256) WHERE metadata <> '{}'"
    return PostgresIndex(name, f"{table} {options}")
