"""Every operation of every service has a form that renders, and takes its own defaults back."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from providers.params import Widget
from providers.registry import all_models
from studio.jobs.catalog import Entry
from studio.jobs.forms import OperationForm
from tests.factories import make_team

OPERATIONS = [
    pytest.param(Entry(provider, model), operation, id=f"{provider.slug}:{model.slug}:{operation.slug}")
    for provider, model in all_models()
    for operation in model.operations
]


@pytest.mark.django_db
@pytest.mark.parametrize(("entry", "operation"), OPERATIONS)
def test_the_form_renders(entry: Any, operation: Any) -> None:
    form = OperationForm(entry, operation, team=make_team())
    drawn = [param for group in form.groups for param in group.params] + ([form.prompt] if form.prompt else [])
    for param in drawn:
        page = render_to_string("components/param.html", {"param": param, "form": form})
        assert param.html_id in page
        assert "None" not in page
        assert not param.spec.kept or param.spec.kept in entry.provider.kept_ids
    hidden = [spec.name for spec in form.specs if spec.widget is Widget.HIDDEN]
    assert len(drawn) + len(hidden) == len(form.specs)


@pytest.mark.django_db
@pytest.mark.parametrize(("entry", "operation"), OPERATIONS)
def test_a_post_of_the_defaults_is_taken(entry: Any, operation: Any) -> None:
    data = QueryDict(mutable=True)
    for spec in OperationForm(entry, operation, team=make_team()).specs:
        if spec.widget is Widget.PROMPT:
            data[spec.name] = "a cat"
        elif spec.widget not in {Widget.MEDIA, Widget.MASK, Widget.BOARDS, Widget.SWITCH} and spec.default is not None:
            data[spec.name] = str(spec.default)
    form = OperationForm(entry, operation, team=make_team(), data=data)
    needed = {spec.name for spec in form.specs if spec.media is not None and spec.required}
    assert set(form.errors) == needed
    if not needed:
        assert form.is_valid()
