"""The adapter and the sandbox were written from the same documents by different hands: they must agree."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.base import Needs, Order, Result, Snapshot, State
from providers.errors import ContentRejected, ProviderError, ResultExpired
from providers.params import Widget, read_fields
from providers.sandbox.painter import FlatPainter
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from providers.transport import run
from providers.youchuan import Youchuan

from .tools import VERSIONS, order, payload

PATIENCE = 30.0


class Studio:
    def __init__(self, base: str, client: httpx.Client) -> None:
        self.provider = Youchuan(Youchuan.sandbox_credentials, base_url=base)
        self.client = client

    def submit(self, made: Order) -> Snapshot:
        return run(self.provider.submit(made), self.client)

    def ended(self, snapshot: Snapshot) -> Snapshot:
        deadline = time.monotonic() + PATIENCE
        while not snapshot.state.terminal and time.monotonic() < deadline:
            snapshot = run(self.provider.fetch(snapshot.remote_id), self.client)
        return snapshot

    def made(self, made: Order) -> tuple[Snapshot, Result]:
        done = self.ended(self.submit(made))
        assert done.state is State.SUCCEEDED, done
        params = made.params.model_dump(mode="json")
        return done, Result(
            done.remote_id, 0, made.model.slug, made.operation.slug, params, seed=done.seed, parent=made.source
        )


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with (
        running(Settings(latency=0, painter=FlatPainter(), workers=0)) as base,
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
    ):
        yield Studio(base, client)


def least_and_most(model: str) -> list[dict[str, Any]]:
    """Every numeric parameter at its bounds, every switch on, every choice at its last."""
    found: list[dict[str, Any]] = []
    for bound in ("minimum", "maximum"):
        values: dict[str, Any] = {"prompt": "a cat", "negative": "text, people", "style_codes": "12 random"}
        values |= {"moodboards": "m1 m2", "raw": True}
        for spec in read_fields(Youchuan.model(model).operation("diffusion").params):
            if getattr(spec, bound) is not None:
                values[spec.name] = getattr(spec, bound)
            elif spec.widget is Widget.SWITCH:
                values[spec.name] = True
            elif spec.widget is Widget.CHOICE:
                values[spec.name] = spec.options[0 if bound == "minimum" else -1].value
        found.append(values)
    return found


@pytest.mark.parametrize("model", VERSIONS)
def test_every_parameter_is_taken(studio: Studio, model: str) -> None:
    for values in [{"prompt": "a cat"}, *least_and_most(model)]:
        studio.submit(order("diffusion", values, model=model))


@pytest.mark.parametrize("model", VERSIONS)
def test_every_follow_up_is_taken(studio: Studio, model: str) -> None:
    done, result = studio.made(order("diffusion", {"prompt": "a cat", "ratio": "3:2"}, model=model))
    assert [file.index for file in done.files] == [0, 1, 2, 3]
    for operation in Youchuan.follow_ups(result):
        made, _result = studio.made(order(operation.slug, model=model, source=result))
        expected = 4 if operation.repeats_source else operation.count
        assert len(made.files) == expected


def test_every_choice_of_a_follow_up_is_taken(studio: Studio) -> None:
    _done, result = studio.made(order("diffusion", {"prompt": "a cat"}))
    for operation in Youchuan.follow_ups(result):
        assert operation.needs is Needs.OUTPUT
        for spec in read_fields(operation.params):
            for option in spec.options:
                studio.submit(order(operation.slug, {spec.name: option.value}, source=result))
            if spec.widget is Widget.PROMPT:
                studio.submit(order(operation.slug, {spec.name: "a dog"}, source=result))
            if spec.minimum is not None:
                studio.submit(order(operation.slug, {spec.name: spec.minimum}, source=result))
                studio.submit(order(operation.slug, {spec.name: spec.maximum}, source=result))


@pytest.mark.parametrize("row", payload("error-table"), ids=lambda row: row["reason"])
def test_every_refusal_is_understood(studio: Studio, row: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        studio.submit(order("diffusion", {"prompt": f"a cat sandbox-error:{row['reason']}"}))
    assert caught.value.code == row["reason"]


@pytest.mark.parametrize("word", ["JobStatusTextReject", "JobStatusTimeout", "JobStatusInvalidImagePromptLink"])
def test_failures_are_understood(studio: Studio, word: str) -> None:
    done = studio.ended(studio.submit(order("diffusion", {"prompt": f"a cat sandbox-fail:{word}"})))
    assert done.state is State.FAILED
    assert done.error is not None and done.error.code == word


def test_refused_pictures_are_understood(studio: Studio) -> None:
    done, _result = studio.made(order("diffusion", {"prompt": "half-forbidden cat"}))
    assert [file.index for file in done.files] == [0, 1, 3]
    assert [(slot.index, slot.reason) for slot in done.rejected] == [(2, "涉政")]
    none = studio.ended(studio.submit(order("diffusion", {"prompt": "wholly-forbidden cat"})))
    assert isinstance(none.error, ContentRejected)


def test_the_account_and_an_unknown_job(studio: Studio) -> None:
    info = run(studio.provider.account(), studio.client)
    assert info.plan and info.balance is not None and info.max_concurrent
    with pytest.raises(ResultExpired):
        run(studio.provider.fetch("0" * 24), studio.client)
