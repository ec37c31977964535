"""Alice owns a team with 1,000 credits, Bob creates in it, Charlie knows nobody there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connections
from django.test import Client, TransactionTestCase

from studio.accounts.models import Role, Team, User
from studio.billing import triggers
from tests.factories import join, make_team, make_user


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_ledger():
    """SQLite flushes with DELETE, which the ledger refuses: its triggers stand aside for that moment.
    (`post_migrate`, which flush sends, has them back already; installing twice does no harm.)"""
    original = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        used = [connections[name] for name in self._databases_names(include_mirrors=False)]
        for connection in used:
            triggers.remove(connection)
        try:
            original(self)
        finally:
            for connection in used:
                triggers.install(connection)

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = original


@pytest.fixture
def alice(db) -> User:
    return make_user("Alice Aldrin", email="alice@example.org")


@pytest.fixture
def team(alice: User) -> Team:
    return make_team("Reef", owner=alice, credits=1000)


@pytest.fixture
def bob(team: Team) -> User:
    user = make_user("Bob Bohr", email="bob@example.org")
    join(team, user, Role.CREATOR)
    return user


@pytest.fixture
def charlie(db) -> User:
    user = make_user("Charlie Curie", email="charlie@example.org")
    make_team("Elsewhere", owner=user, credits=1000)
    return user


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """A client signed in as somebody: `browser_of(alice).get(…)`."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
