"""Making teams and welcome links."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from studio.accounts.models import Membership, Role, Team, User, WelcomeToken

LINK_LIFETIME = timedelta(hours=24)


def create_team(name: str, owner: User, *, slug: str = "") -> Team:
    """A team with its owner. Its credit accounts are opened by billing when the team is saved."""
    base = slugify(slug or name)[:50].strip("-") or "team"
    number = 1
    while True:
        try:
            with transaction.atomic():
                team = Team.objects.create(name=name, slug=base if number == 1 else f"{base}-{number}")
                Membership.objects.create(team=team, user=owner, role=Role.OWNER)
            return team
        except IntegrityError:
            number += 1
            if number > 1000:
                raise


@dataclass(frozen=True, slots=True)
class FirstTeam:
    owner: User
    team: Team
    changes: list[str]


def ensure_first_team(
    email: str = "owner@atelier.local", name: str = "Owner", team_name: str = "Studio", slug: str = "studio"
) -> FirstTeam:
    """The first administrator and a team of theirs. Whatever they have renamed since is found again:
    the first administrator is the oldest one."""
    changes = []
    owner = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if owner is None:
        owner = User.objects.create_superuser(email, None, name=name)
        changes.append(f"Made the first administrator, {owner.email}.")
    owned = Team.objects.filter(memberships__user=owner, memberships__role=Role.OWNER)
    team = owned.order_by("pk").first()
    if team is None:
        team = create_team(team_name, owner, slug=slug)
        changes.append(f"Made the team {team.name}.")
    return FirstTeam(owner, team, changes)


def make_welcome_link(user: User, lifetime: timedelta = LINK_LIFETIME) -> str:
    """The path of a link that signs this person in, once. Only its digest is kept."""
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    WelcomeToken.objects.filter(expires_at__lte=now).delete()
    WelcomeToken.objects.create(digest=_digest(token), user=user, expires_at=now + lifetime)
    return reverse("accounts:welcome", args=[token])


def use_welcome_link(token: str) -> User | None:
    """Whom the link signs in, or None when it was used, has expired or never was."""
    # one UPDATE on the row's own columns: of two that race, one finds it unused
    found = WelcomeToken.objects.filter(digest=_digest(token))
    now = timezone.now()
    if not found.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    user = found.select_related("user").get().user
    return user if user.is_active else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
