"""The safety net: whatever else the clock does, it wakes the engine."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, OperationalError

from studio.jobs.management.commands import clock

PROBLEMS = [OperationalError("database is locked"), IntegrityError("still used"), OSError("no space left")]


@pytest.fixture
def woken(monkeypatch) -> list[bool]:
    """Grows with each wake-up; there is always something to do."""
    calls: list[bool] = []
    monkeypatch.setattr(clock, "anything_to_do", lambda: True)
    monkeypatch.setattr(clock, "wake", lambda: calls.append(True))
    return calls


class Broken:
    def __init__(self, problem: Exception | None) -> None:
        self.problem, self.calls = problem, 0

    def __call__(self) -> None:
        self.calls += 1
        if self.problem:
            raise self.problem


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_chore_that_breaks_hinders_neither_waking_nor_other_chores(woken, monkeypatch, problem):
    asking, clearing = Broken(problem), Broken(problem)
    monkeypatch.setattr(clock.bills, "ask_daily", asking)
    monkeypatch.setattr(clock.trash, "purge_old", clearing)
    ticking = clock.Clock()
    for _second in range(5):
        ticking.tick()
    assert len(woken) == 5
    assert (asking.calls, clearing.calls) == (1, 1), "not again every second"


def test_waking_comes_first(woken, monkeypatch):
    woken_before: list[int] = []
    for name in ("bills.ask_daily", "trash.purge_old"):
        monkeypatch.setattr(f"studio.jobs.{name}", lambda: woken_before.append(len(woken)))
    clock.Clock().tick()
    assert woken_before == [1, 1]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_waking_that_breaks_is_tried_again_and_hinders_no_chore(monkeypatch, problem):
    wake, chore = Broken(problem), Broken(None)
    monkeypatch.setattr(clock, "anything_to_do", wake)
    ticking = clock.Clock([clock.Chore("chore", 3600, chore)])
    ticking.tick()
    ticking.tick()
    assert (wake.calls, chore.calls) == (2, 1)


def test_chores_come_back(woken, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: now[0])
    chore = Broken(OperationalError("database is locked"))
    ticking = clock.Clock([clock.Chore("chore", 60, chore)])
    for second in (0, 1, 59, 61):
        now[0] = 1000.0 + second
        ticking.tick()
    assert chore.calls == 2


def test_nothing_to_do_wakes_nobody(woken, monkeypatch):
    monkeypatch.setattr(clock, "anything_to_do", lambda: False)
    clock.Clock([]).tick()
    assert woken == []
