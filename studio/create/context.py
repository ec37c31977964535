"""What the frame around every page shows. Nothing is read before a template asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from studio.accounts.models import Membership, Role, Team
from studio.billing import services as billing

#: at this many credits and fewer the figure turns amber
FEW_CREDITS = 20


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    icon: str
    url: str
    #: the letter that follows G
    key: str
    is_current: bool


class Shell:
    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def membership(self) -> Membership | None:
        known: Membership | None = getattr(self._request, "membership", None)
        match = self._request.resolver_match
        slug = match.kwargs.get("team") if match else None
        if known is not None or not slug or not self._request.user.is_authenticated:
            return known
        rows = Membership.objects.select_related("team", "user")
        return rows.filter(user=self._request.user, team__slug=slug).first()

    @property
    def team(self) -> Team | None:
        return self.membership.team if self.membership else None

    @property
    def may_create(self) -> bool:
        return self.membership is not None and self.membership.allows(Role.CREATOR)

    @cached_property
    def credits(self) -> int:
        return billing.balance(self.team).available if self.team else 0

    @property
    def few_credits(self) -> bool:
        return self.credits <= FEW_CREDITS

    @cached_property
    def nav(self) -> list[NavItem]:
        if self.team is None:
            return []
        match = self._request.resolver_match
        room = match.app_name if match else ""
        rooms = [
            (_("Create"), "plus", "create:page", "c"),
            (_("History"), "clock", "history:page", "h"),
            (_("Gallery"), "grid", "gallery:wall", "g"),
            (_("Boards"), "board", "moodboards:index", "m"),
        ]
        return [
            NavItem(label, icon, reverse(name, args=[self.team.slug]), key, name.partition(":")[0] == room)
            for label, icon, name, key in rooms
        ]


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}
