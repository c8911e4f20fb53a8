"""The connection that is asked for its health only when it has something to say."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import db

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _server() -> None:
    if not db.is_postgresql():
        pytest.skip("a file has no connection that could be lost")


def _begin_request() -> None:
    """What Django does before a request: the next statement looks after the connection first."""
    connection.health_check_enabled, connection.health_check_done = True, False


def test_a_silent_connection_is_used_as_it_is() -> None:
    connection.ensure_connection()
    kept = connection.connection
    _begin_request()
    with CaptureQueriesContext(connection) as asked, connection.cursor() as cursor:
        cursor.execute("SELECT 7")
    assert [query["sql"] for query in asked.captured_queries] == ["SELECT 7"]
    assert connection.connection is kept


def test_a_connection_that_the_server_ended_is_replaced_before_the_first_statement() -> None:
    connection.ensure_connection()
    ended = connection.connection.info.backend_pid
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [ended])
    other.close()
    _until_something_lies_on_the_socket()
    _begin_request()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != ended


def _until_something_lies_on_the_socket() -> None:
    deadline = time.monotonic() + 5
    while connection._silent() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not connection._silent()
