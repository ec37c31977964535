"""What every service keeps to, found through the registry: a new one is held to it by being there."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.base import CredentialField, Model, Needs, Operation, Provider, RawCallback, ReadPrompt, Result
from providers.errors import NotConfigured, ProviderError, Unsupported
from providers.params import FieldSpec, Group, Params, Widget, read_fields
from providers.registry import PROVIDERS, all_models, get_model, get_provider

OPERATIONS = [
    pytest.param(provider, model, operation, id=f"{provider.slug}:{model.slug}:{operation.slug}")
    for provider, model in all_models()
    for operation in model.operations
]
FIELDS = [
    pytest.param(spec, id=f"{provider.slug}:{model.slug}:{operation.slug}:{spec.name}")
    for provider, model in all_models()
    for operation in model.operations
    for spec in read_fields(operation.params)
]
SLUG = r"[a-z0-9][a-z0-9.-]*"


def defaults(operation: Operation) -> Params:
    """The parameters of somebody who only typed a prompt and chose the files that are needed."""
    given: dict[str, Any] = {}
    for spec in read_fields(operation.params):
        if spec.widget is Widget.PROMPT:
            given[spec.name] = "a cat"
        elif spec.media is not None and spec.required:
            given[spec.name] = ("asset:1",)
    return operation.params.model_validate(given)


def test_slugs_are_unique() -> None:
    slugs = [provider.slug for provider in PROVIDERS]
    assert len(slugs) == len(set(slugs)) > 0
    for provider in PROVIDERS:
        models = [model.slug for model in provider.models]
        assert len(models) == len(set(models)) > 0
        for model in provider.models:
            operations = [operation.slug for operation in model.operations]
            assert len(operations) == len(set(operations)) > 0


def test_slugs_fit_into_addresses() -> None:
    import re

    for provider, model in all_models():
        for slug in (provider.slug, model.slug, *(operation.slug for operation in model.operations)):
            assert re.fullmatch(SLUG, slug), slug


def test_everything_is_found_by_its_slug() -> None:
    for provider, model in all_models():
        assert get_provider(provider.slug) is provider
        assert get_model(provider.slug, model.slug) is model
    with pytest.raises(Unsupported):
        get_provider("nobody")
    with pytest.raises(Unsupported):
        get_model(PROVIDERS[0].slug, "nothing")
    with pytest.raises(Unsupported):
        PROVIDERS[0].models[0].operation("dance")


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_provider_is_declared_whole(provider: type[Provider]) -> None:
    assert provider.title
    assert provider.base_url.startswith("https://")
    assert provider.max_concurrent > 0 and provider.poll_interval > 0
    assert all(isinstance(item, CredentialField) and item.label for item in provider.credential_fields)
    provider(provider.sandbox_credentials, base_url="http://127.0.0.1:1")
    if provider.credential_fields:
        with pytest.raises(NotConfigured):
            provider({})


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_price_factors_are_of_parameters_that_exist(provider: type[Provider]) -> None:
    known = {
        (spec.name, option.value)
        for model in provider.models
        for operation in model.operations
        for spec in read_fields(operation.params)
        for option in spec.options
    }
    for factor in provider.price_factors:
        assert (factor.parameter, factor.value) in known
        assert factor.factor > 0


@pytest.mark.parametrize(("provider", "model", "operation"), OPERATIONS)
def test_operation_is_declared_whole(provider: type[Provider], model: Model, operation: Operation) -> None:
    assert operation.label and operation.icon and operation.help
    assert isinstance(operation.price, Decimal) and operation.price > 0
    assert operation.count >= 1 and operation.usual_seconds > 0
    assert operation.count_of(defaults(operation)) == operation.count
    names = {spec.name for spec in read_fields(operation.params)}
    assert {*operation.preset, *operation.inherits, *filter(None, [operation.count_parameter])} <= names
    assert operation.takes is None or operation.needs in {Needs.IMAGE, Needs.VIDEO}
    assert model.title and model.summary and model.wire_id
    assert operation.usual_seconds < model.deadline


def test_every_icon_is_in_the_sprite() -> None:
    sprite = (ROOT / "static" / "img" / "icons.svg").read_text(encoding="utf-8")
    for _provider, model in all_models():
        for operation in model.operations:
            assert f'id="{operation.icon}"' in sprite, operation.icon


@pytest.mark.parametrize(("provider", "model", "operation"), OPERATIONS)
def test_defaults_are_valid_once_there_is_a_prompt(
    provider: type[Provider], model: Model, operation: Operation
) -> None:
    params = defaults(operation)
    assert operation.params.model_validate(params.model_dump(mode="json")) == params
    for name, value in operation.preset.items():
        assert getattr(params, name) == value


@pytest.mark.parametrize(("provider", "model", "operation"), OPERATIONS)
def test_whole_credits(provider: type[Provider], model: Model, operation: Operation) -> None:
    price = _price(provider, operation, defaults(operation).model_dump())
    assert price == int(price)


@pytest.mark.parametrize(("provider", "model", "operation"), OPERATIONS)
def test_media_fields_are_empty_by_default(provider: type[Provider], model: Model, operation: Operation) -> None:
    names = {spec.name for spec in read_fields(operation.params)}
    for spec in read_fields(operation.params):
        if spec.belongs_to:
            assert spec.belongs_to in names
        if spec.media is not None:
            assert spec.default == ()
            assert spec.media.max_items >= 1


@pytest.mark.parametrize("spec", FIELDS)
def test_field_is_declared_whole(spec: FieldSpec) -> None:
    assert spec.label and spec.label != spec.name
    assert isinstance(spec.group, Group)
    if spec.widget in {Widget.SLIDER, Widget.NUMBER, Widget.SEED}:
        assert spec.minimum is not None and spec.maximum is not None and spec.step
        assert spec.minimum < spec.maximum
        assert spec.default is None or spec.minimum <= spec.default <= spec.maximum
    if spec.widget in {Widget.TEXT, Widget.LONG_TEXT, Widget.PROMPT}:
        assert spec.max_length
    if spec.widget in {Widget.CHOICE, Widget.RATIO}:
        assert len(spec.options) > 1
    if spec.widget in {Widget.CHOICE, Widget.RATIO, Widget.HIDDEN}:
        values = [option.value for option in spec.options]
        assert len(values) == len(set(values))
        assert spec.default in values
        assert all(option.label for option in spec.options)
    if spec.widget in {Widget.MEDIA, Widget.MASK}:
        assert spec.media is not None
    if spec.widget is Widget.BOARDS:
        assert spec.default == () and spec.max_length


@pytest.mark.parametrize(("provider", "model", "operation"), OPERATIONS)
def test_pure_functions_are_pure_and_total(provider: type[Provider], model: Model, operation: Operation) -> None:
    result = Result("1", 0, model.slug, operation.slug, {})
    follow_ups = provider.follow_ups(result)
    assert follow_ups == provider.follow_ups(result)
    assert all(item.needs is Needs.OUTPUT and item in model.operations for item in follow_ups)
    assert provider.follow_ups(Result("1", 0, "nothing", "nothing", {})) == ()
    read = provider.read_prompt(model, "a cat")
    assert read == ReadPrompt("a cat")
    size = provider.expected_size(defaults(operation))
    assert size is None or (size[0] > 0 and size[1] > 0)


@pytest.mark.parametrize(("provider", "model", "operation"), OPERATIONS)
def test_what_is_inherited_is_valid(provider: type[Provider], model: Model, operation: Operation) -> None:
    params = defaults(operation)
    assert operation.inherited(params, None) == params
    for other in model.operations:
        source = Result("1", 0, model.slug, other.slug, defaults(other).model_dump(mode="json"))
        assert isinstance(operation.inherited(params, source), operation.params)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_every_price_is_whole_credits(provider: type[Provider]) -> None:
    """With every choice that has a factor, alone."""
    for model in provider.models:
        for operation in model.operations:
            values = defaults(operation).model_dump()
            for factor in provider.price_factors:
                spec = next((item for item in read_fields(operation.params) if item.name == factor.parameter), None)
                if spec is not None and factor.value in {option.value for option in spec.options}:
                    price = _price(provider, operation, {**values, factor.parameter: factor.value})
                    assert price == int(price) > 0


def _price(provider: type[Provider], operation: Operation, values: dict[str, Any]) -> Decimal:
    price = operation.price
    for factor in provider.price_factors:
        if values.get(factor.parameter) == factor.value:
            price *= factor.factor
    return price


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_moodboards_and_bills_are_declared_whole(provider: type[Provider]) -> None:
    fields = {
        spec.widget
        for model in provider.models
        for operation in model.operations
        for spec in read_fields(operation.params)
    }
    assert (Widget.BOARDS in fields) == (provider.board_limits is not None)
    if provider.board_limits is not None:
        assert provider.board_limits[0] >= provider.board_limits[1] > 0
    if provider.credit_worth is not None:
        worth, unit = provider.credit_worth
        assert worth > 0 and unit


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_garbage_in_a_callback_is_no_hint(provider: type[Provider]) -> None:
    connected = provider(provider.sandbox_credentials)
    for body in (b"", b"{}", b"null", b"\xff", b"[1]", b'"x"'):
        assert connected.read_callback(RawCallback(body)) == []


def test_errors_have_plain_sentences() -> None:
    kinds = ProviderError.__subclasses__()
    assert len(kinds) >= 12
    for kind in kinds:
        assert kind().user_message.endswith(".")


ROOT = Path(__file__).resolve().parents[2]
BARE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "studio", "numpy", "starlette", "uvicorn", "PIL", "av"}:
            raise ImportError(name + " is not installed here")

sys.meta_path.insert(0, Blocked())
import providers
assert "httpx" not in sys.modules, "importing the package alone loads nothing"
for name in providers.__all__:
    getattr(providers, name)
try:
    providers.nothing
except AttributeError:
    pass
import providers.registry, providers.fetching
assert not any(name.startswith("providers.sandbox") for name in sys.modules)
print("ok")
"""


def test_providers_need_neither_django_nor_the_sandbox() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BARE], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout == "ok\n", done.stderr
