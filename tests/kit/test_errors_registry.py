"""Every error code is documented, raised somewhere, and known before it is raised."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from agentcollect import urls  # noqa: F401  (every room has defined its codes)
from agentcollect.kit import errors
from agentcollect.kit.errors import REGISTRY, ApiError, FieldError

ROOMS = ("accounts", "agentcollect", "campaigns", "dashboard", "events", "outreach", "payments", "sandbox", "webhooks")

# Named by RFC 6749 and 7009, raised by oauthlib.
PROTOCOL = {"unsupported_grant_type", "unsupported_token_type"}


@cache
def trees() -> list[tuple[str, ast.Module]]:
    files = [path for room in ROOMS for path in sorted((settings.BASE_DIR / room).rglob("*.py"))]
    return [(str(path.relative_to(settings.BASE_DIR)), ast.parse(path.read_text())) for path in files]


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", "") or getattr(call.func, "id", "")


def makers(tree: ast.Module) -> dict[str, int]:
    """Name of a function → place of its parameter `code`, for those that make an error of it."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name not in {"define", "__init__"}:
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
            if "code" not in names:
                continue
            made = {name_of(inner) for inner in ast.walk(node) if isinstance(inner, ast.Call)}
            if made & {"ApiError", "FieldError"}:
                found[node.name] = names.index("code")
    return found


def literals(value: ast.expr) -> list[str]:
    """The texts that an argument may be; none when it is computed."""
    if isinstance(value, ast.IfExp):
        return literals(value.body) + literals(value.orelse)
    return [value.value] if isinstance(value, ast.Constant) and isinstance(value.value, str) else []


def raised() -> Iterator[tuple[str, str]]:
    """(code, where) of every code that is written where an error is made."""
    known = {path: makers(tree) for path, tree in trees()}
    shared = {name: place for found in known.values() for name, place in found.items() if not name.startswith("_")}
    for path, tree in trees():
        places = {"ApiError": 0, "FieldError": 1} | shared | known[path]
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and name_of(node) in places):
                continue
            place = places[name_of(node)]
            given = [*node.args[place : place + 1], *(word.value for word in node.keywords if word.arg == "code")]
            for value in given:
                yield from ((code, f"{path}:{node.lineno}") for code in literals(value))


def test_no_code_is_raised_that_is_not_registered() -> None:
    found = list(raised())
    assert len(found) > 100
    assert [(code, where) for code, where in found if code not in REGISTRY] == [], "define them"


def test_every_registered_code_is_raised_somewhere() -> None:
    """As a literal that is not the definition itself: a code nobody raises is a promise nobody keeps."""
    written: set[str] = set()
    for _, tree in trees():
        defined = {
            id(node.args[0]) for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node) == "define"
        }
        written |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in defined
        }
    assert REGISTRY.keys() - written - PROTOCOL == set()


def test_every_code_has_a_cause_and_a_cure() -> None:
    explained = errors.explanations()
    assert explained.keys() - REGISTRY.keys() == set(), "docs/errors.md explains codes that do not exist"
    assert REGISTRY.keys() - explained.keys() == set(), "docs/errors.md does not explain these"
    for code, (cause, cure) in explained.items():
        assert re.fullmatch(r"[A-Z`].{20,}[.]", cause), code
        assert re.fullmatch(r"[A-Z`].{15,}[.]", cure), code


def test_the_codes_stand_under_their_status() -> None:
    text = (settings.BASE_DIR / "docs" / "errors.md").read_text()
    for section in text.split("\n## ")[1:]:
        statuses = {int(number) for number in re.findall(r"\b\d{3}\b", section.splitlines()[0])} or {500, 503}
        for code in re.findall(r"^### (\w+)", section, re.MULTILINE):
            assert REGISTRY[code].status in statuses, code


def test_a_code_is_defined_once() -> None:
    errors.define("not_found", 404, REGISTRY["not_found"].message)
    with pytest.raises(RuntimeError, match="twice"):
        errors.define("not_found", 404, "Something else.")


def test_the_first_of_many_mistakes_names_the_code() -> None:
    faults = [FieldError(f"debtors[{n}].invoice_amount", "invalid_amount", "Wrong.") for n in range(600)]
    body = errors.invalid(faults).body()
    assert (body["error"], body["param"], len(body["errors"])) == ("invalid_amount", "debtors[0].invoice_amount", 500)
    assert body["doc_url"].endswith("/docs/errors#invalid_amount")


def test_an_unknown_code_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        ApiError("no_such_code")


def test_the_file_that_explains_is_part_of_the_product() -> None:
    assert Path(settings.BASE_DIR / "docs" / "errors.md").is_file()
