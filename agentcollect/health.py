"""Is this process alive (`/healthz`), and may it be sent traffic (`/readyz`)?"""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from agentcollect.kit import integrity, ratelimit


def healthz(_request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when migrations are applied and the database's own rules stand; the broker is reported, not required."""
    checks = {"database": _database(), "broker": _broker()}
    ready = checks["database"] == "ok"
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


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
        ratelimit.client(settings.REDIS_URL).ping()
    except RedisError as error:
        return f"unreachable ({type(error).__name__}); requests are served, workers sweep"
    return "ok"
