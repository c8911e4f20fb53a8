"""Rows that many tests look at and none may keep changed: made once a module, and each test's work is taken back.

    @pytest.fixture(scope="module")
    def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
        with django_db_blocker.unblock(), taken_back():
            yield world.fill(factories.organisation())

    @pytest.fixture
    def db(made: World) -> Iterator[None]:  # in the place of pytest-django's, which closes the connection
        with taken_back():
            yield

No test of such a module has the mark `django_db`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def taken_back() -> Iterator[None]:
    """What is written inside is undone at the end. Broken keys fail here, as with Django's TestCase."""
    around = transaction.atomic()  # noqa: TID251  (the test's own, around what the product commits)
    around._from_testcase = True
    with around:
        yield
        if not connection.needs_rollback:
            connection.check_constraints()
        transaction.set_rollback(True)
