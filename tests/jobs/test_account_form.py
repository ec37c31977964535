"""The keys of services, as an administrator types them."""

from __future__ import annotations

import pytest

from studio.jobs.admin import ProviderAccountForm
from studio.jobs.catalog import connect
from studio.jobs.models import ProviderAccount

pytestmark = pytest.mark.django_db
PATH = "/somewhere/{task_id}"


def save(account: ProviderAccount | None = None, **keys: str) -> ProviderAccountForm:
    data = {"provider": "quickrouter", "label": "Ours", "base_url": "", "enabled": "on"}
    data |= {f"quickrouter_{name}": value for name, value in keys.items()}
    form = ProviderAccountForm(data, instance=account)
    if form.is_valid():
        form.save()
    return form


def test_a_part_with_a_default_may_be_left_empty():
    form = save(token="secret")
    assert form.errors == {}
    provider = connect("quickrouter", form.instance)
    assert provider.credentials["token"] == "secret"
    assert provider.credentials["query_path"] == "/tencent-vod/v1/query/{task_id}"


def test_it_may_be_filled_in_too():
    form = save(token="secret", query_path=PATH)
    assert connect("quickrouter", form.instance).credentials["query_path"] == PATH


def test_a_part_without_a_default_may_not():
    assert save(query_path=PATH).non_field_errors()
    assert save().non_field_errors()


def test_keeping_what_is_stored():
    stored = save(token="secret", query_path=PATH).instance
    assert save(stored).errors == {}
    stored.refresh_from_db()
    assert connect("quickrouter", stored).credentials == {"token": "secret", "query_path": PATH}


def test_the_default_is_shown():
    assert "/tencent-vod/v1/query/{task_id}" in ProviderAccountForm().as_p()
