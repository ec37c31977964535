"""What pages ask about people and teams."""

from __future__ import annotations

from studio.accounts.models import Membership, Team, User


def first_team(user: User) -> Team | None:
    """The team a person lands in: the one joined first."""
    joined = Membership.objects.filter(user=user).select_related("team").order_by("joined_at", "pk").first()
    return joined.team if joined else None
