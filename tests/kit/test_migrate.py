"""`manage.py migrate`: an empty database laid at once is the same as one that went through every migration."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.services import create_database, drop_database, with_database

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[2]

# Run in a process of its own: Django's settings name one database for good.
_DUMP = r"""
import json, re, sys
import django
django.setup()
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
call_command("migrate", interactive=False, **json.loads(sys.argv[1]))
ours = {thing.name for model in apps.get_models() for thing in [*model._meta.indexes, *model._meta.constraints]}
def table(cursor, name):
    if connection.vendor == "postgresql":
        cursor.execute("SELECT column_name, data_type, character_maximum_length, is_nullable, column_default, "
                       "collation_name, is_identity FROM information_schema.columns "
                       "WHERE table_schema = current_schema() AND table_name = %s", [name])
    else:
        cursor.execute('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(%s)', [name])
    columns = [[str(fact) for fact in row] for row in cursor.fetchall()]
    if connection.vendor != "postgresql":
        # Django's own reading of a table cannot read all that Django writes; the pieces of its text say more anyway.
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [name])
        body = cursor.fetchone()[0].partition("(")[2]
        pieces = re.split(r", (?=\"|CONSTRAINT|UNIQUE|FOREIGN)", body.rpartition(")")[0].replace("new__", ""))
        return {"columns": sorted(columns), "constraints": sorted(piece.strip() for piece in pieces)}
    found = connection.introspection.get_constraints(cursor, name)
    facts = [
        [key if key in ours else "", *(str(one.get(part)) for part in (
            "columns", "primary_key", "unique", "foreign_key", "check", "index", "orders", "type"))]
        for key, one in found.items()
    ]
    return {"columns": sorted(columns), "constraints": sorted(facts)}
with connection.cursor() as cursor:
    names = connection.introspection.table_names(cursor)
    dump = {name: table(cursor, name) for name in names}
    if connection.vendor == "postgresql":
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname = ANY(%s)",
                       [[*ours, "campaigns_case_search"]])
        dump["indexes"] = sorted(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        dump["triggers"] = sorted(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ANY(%s)",
                       [list(ours)])
        dump["definitions"] = sorted(map(list, cursor.fetchall()))
    else:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        dump["indexes"] = sorted(sql for name, sql in cursor.fetchall() if name in ours)
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        dump["triggers"] = sorted(row[0] for row in cursor.fetchall())
dump["migrations"] = sorted(map(list, MigrationRecorder(connection).applied_migrations()))
print(json.dumps(dump))
"""


def dump(var: Path, **options: bool) -> dict[str, Any]:
    """What `migrate` makes of an empty database."""
    env = {**os.environ, "AGENTCOLLECT_VAR": str(var), "DJANGO_SETTINGS_MODULE": "agentcollect.settings"}
    server, name = os.environ.get("DATABASE_URL", ""), f"laid_{os.getpid()}_{len(options)}"
    if server:
        create_database(server, name)
        env["DATABASE_URL"] = with_database(server, name)
    try:
        command = [sys.executable, "-c", _DUMP, json.dumps(options)]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])
    finally:
        if server:
            drop_database(server, name)


# In a migration's state the app that makes a table between two others forgets that its own keys are small; the models
# do not. Nothing refers to that key.
_DJANGOS_OWN = {"auth_group_permissions"}


def test_laid_at_once_is_the_same_as_step_by_step(tmp_path: Path) -> None:
    at_once, by_steps = dump(tmp_path / "a"), dump(tmp_path / "b", by_steps=True)
    assert at_once.keys() == by_steps.keys()
    differ = {name: (at_once[name], facts) for name, facts in by_steps.items() if at_once[name] != facts}
    assert not differ.keys() - _DJANGOS_OWN, differ
