"""What went wrong, in plain words."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.views import defaults

from studio.accounts.access import too_low
from studio.accounts.models import Role


@pytest.mark.django_db
def test_nothing_here(client):
    response = client.get("/nowhere/at/all/")
    assert response.status_code == 404
    assert "Nothing here" in response.content.decode()


@pytest.mark.parametrize("role", [Role.CREATOR, Role.ADMIN, Role.OWNER])
def test_not_with_this_role(role):
    response = defaults.permission_denied(RequestFactory().get("/"), PermissionDenied(too_low(role)))
    assert response.status_code == 403
    assert too_low(role) in response.content.decode()


def test_a_mistake_needs_neither_request_nor_database():
    response = defaults.server_error(RequestFactory().get("/"))
    page = response.content.decode()
    assert response.status_code == 500
    assert "The studio made a mistake" in page
    assert 'href="/"' in page
