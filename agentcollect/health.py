"""Is this process alive (`/healthz`), and may it be sent traffic (`/readyz`)?"""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from agentcollect.kit import errors, integrity, redis


@errors.get_only
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


@errors.get_only
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when migrations are applied and the database's own rules stand; the broker is reported, not required."""
    checks = {"database": _database(), "broker": _broker()}
    if checks["database"] != "ok":
        return errors.respond(errors.ApiError("service_unavailable", "Not ready.", checks=checks))
    return JsonResponse({"status": "ready", "checks": checks})


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are not applied"
        gone = integrity.missing()
        return f"missing: {', '.join(gone)}" if gone else "ok"
    except DatabaseError as error:
        return f"unreachable ({type(error).__name__})"


def _broker() -> str:
    from django.conf import settings
    from redis import RedisError

    try:
        redis.client(settings.REDIS_URL).ping()
    except RedisError as error:
        return f"unreachable ({type(error).__name__}); requests are served, workers sweep"
    return "ok"
