from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from studio.accounts.models import Membership, Team, User
from studio.jobs import bills, catalog, chat, claims, services
from studio.jobs.apps import seed_declared_prices
from studio.jobs.engine import work
from studio.jobs.models import Job, Output
from tests.jobs.fakes import CREATE, ONCE, FakeParams, FakeProvider

_keys = itertools.count(1)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, settings) -> Iterator[type[FakeProvider]]:
    """The only service of this install."""
    import providers.registry

    FakeProvider.reset()
    monkeypatch.setattr(providers.registry, "PROVIDERS", (FakeProvider,))
    monkeypatch.setattr(catalog, "PROVIDERS", (FakeProvider,))
    monkeypatch.setattr(catalog, "get_provider", lambda slug: {"fake": FakeProvider}[slug])
    monkeypatch.setattr(claims, "PROVIDERS", (FakeProvider,))
    monkeypatch.setattr(bills, "PROVIDERS", (FakeProvider,))
    monkeypatch.setattr(chat, "PROVIDERS", (FakeProvider,))
    monkeypatch.setattr("studio.jobs.engine.TICK", 0.01)
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    yield FakeProvider


@pytest.fixture
def prices(db, fake) -> None:
    seed_declared_prices()


@pytest.fixture
def membership(alice: User, team: Team, prices) -> Membership:
    return Membership.objects.select_related("team", "user").get(user=alice, team=team)


@pytest.fixture
def ask(membership: Membership) -> Callable[..., Job]:
    """Asks for a job: `ask("a fox", model=KEYED)`."""

    def make(
        prompt: str = "a fox", *, model=ONCE, operation=CREATE, source: Output | None = None, key: str = ""
    ) -> Job:
        params = operation.params(prompt=prompt) if operation.params is FakeParams else operation.params()
        job, _created = services.create_job(
            membership=membership,
            entry=catalog.Entry(FakeProvider, model),
            operation=operation,
            params=params,
            request_key=key or f"request-{next(_keys):04d}",
            source=source,
        )
        return job

    return make


@pytest.fixture
def run_engine() -> Callable[..., None]:
    """Works until nothing is left to do, or for `seconds` where something is due later."""

    def run(seconds: float = 20) -> None:
        work(seconds)

    return run
