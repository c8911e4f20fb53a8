"""Django's PostgreSQL, asking the server whether it is still there only when there is a reason to.

Django asks `SELECT 1` before the first statement of every request on a kept connection: a journey to the server and
back, a tenth of a cheap read. A server that went away has said so on the socket: its FIN or its last words lie there
to be read, while an idle connection in order is silent (libpq, "Connection Status Functions"). What vanished without a
word answers neither question; the keepalives of settings find it.
"""

import select
from typing import Any

from django.db.backends.postgresql import base, operations

# A web process asks some two hundred different statements; what is pushed out is planned anew each time.
_STATEMENTS_KEPT = 400


class DatabaseOperations(operations.DatabaseOperations):
    """As Django's, with our compiler."""

    compiler_module = "agentcollect.kit.postgresql.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but a silent connection counts as healthy."""

    ops_class = DatabaseOperations
    health_check_enabled: bool
    health_check_done: bool

    def close_if_health_check_failed(self) -> None:
        if self.connection is None or not self.health_check_enabled or self.health_check_done:
            return
        if not self._silent():
            super().close_if_health_check_failed()
        self.health_check_done = True

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.prepared_max = _STATEMENTS_KEPT
        return connection

    def _silent(self) -> bool:
        """Nothing lies unread on the socket, neither data nor its end."""
        try:
            poll = select.poll()
            poll.register(self.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
            return not poll.poll(0)
        except Exception:  # a closed connection has no socket: then ask
            return False
