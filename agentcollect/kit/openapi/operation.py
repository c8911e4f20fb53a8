"""One operation: what a view says, with the scope, the parameters and the answers that all operations share."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from agentcollect.kit.openapi import answers
from agentcollect.kit.openapi.parameters import COUNTED, EVERY, QUERY, refer

_WRITES = {"POST", "PATCH", "PUT"}


class Schema(AutoSchema):
    """Adds the scope, the parameters of the view's table, shared headers, and the errors any operation may answer."""

    def get_operation_id(self) -> str:
        """`pause_campaign` for a view whose action is part of its address."""
        action = getattr(self.view, "action", "")
        return f"{action}_{self._resource()}" if action else super().get_operation_id()

    def get_summary(self) -> str | None:
        action = getattr(self.view, "action", "")
        if not action:
            return super().get_summary()
        noun = self._resource()
        return f"{action.capitalize()} {'an' if noun[0] in 'aeiou' else 'a'} {noun}"

    def _resource(self) -> str:
        return self.path.split("/")[2].removesuffix("s")

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        scope = getattr(self.view, "scopes", {}).get(self.method, "")
        if scope:
            text = operation.get("description", "")
            operation["description"] = f"{text}\n\nScope: `{scope}`.".strip()
        # Said, not left out: this operation asks for no credential.
        operation.setdefault("security", [])
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
        self._add_parameters(operation)
        self._add_headers(operation)
        self._add_errors(operation)
        return operation

    def _authenticated(self, operation: dict[str, Any]) -> bool:
        return "bearer" in {name for requirement in operation["security"] for name in requirement}

    def _add_parameters(self, operation: dict[str, Any]) -> None:
        said = operation.get("parameters", [])
        known = {parameter["name"] for parameter in said}
        missing = sorted(getattr(self.view, "parameters", {}).get(self.method, frozenset()) - known)
        added = [{"name": name, "in": "query", **QUERY.get(name, {"schema": {"type": "string"}})} for name in missing]
        shared = ["Version"]
        if self._authenticated(operation):
            shared += ["Account", *(["IdempotencyKey"] if self.method == "POST" else [])]
        added += [{"$ref": f"#/components/parameters/{name}"} for name in shared]
        operation["parameters"] = [*said, *added]

    def _add_headers(self, operation: dict[str, Any]) -> None:
        """Of the successes; the errors have theirs as components."""
        names: tuple[str, ...] = EVERY
        if self._authenticated(operation):
            names += COUNTED
            names += ("Idempotent-Replayed",) if self.method == "POST" else ()
        for status, response in operation["responses"].items():
            more = ("Location",) if status == "202" else ()
            response["headers"] = refer(*names, *more) | response.get("headers", {})

    def _add_errors(self, operation: dict[str, Any]) -> None:
        authenticated, writes = self._authenticated(operation), self.method in _WRITES
        statuses = {400, 429, 500, 503}
        statuses |= {401, 403, 422} if authenticated or writes else set()
        statuses |= {404} if authenticated else set()
        statuses |= {409} if authenticated and self.method != "GET" else set()
        statuses |= {413, 415} if writes else set()
        for status in sorted(statuses):
            name = answers.name_of(status, has_body=writes)
            operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{name}"})
