"""Short ways to people, teams and credits."""

from __future__ import annotations

from itertools import count

from studio.accounts.models import Membership, Role, Team, User
from studio.billing import services as billing

PASSWORD = "correct horse battery staple"
_number = count(1)


def make_user(name: str = "", *, password: str | None = PASSWORD, **fields: object) -> User:
    number = next(_number)
    name = name or f"Person {number}"
    fields.setdefault("email", f"{name.split()[0].lower()}.{number}@example.org")
    return User.objects.create_user(name=name, password=password, **fields)


def make_team(name: str = "", *, owner: User | None = None, credits: int = 0, **members: User) -> Team:
    """A team with its members by role: `make_team("Reef", owner=alice, viewer=bob)`."""
    number = next(_number)
    team = Team.objects.create(name=name or f"Team {number}", slug=f"team-{number}")
    for role, user in {"owner": owner, **members}.items():
        if user is not None:
            join(team, user, Role(role))
    if credits:
        billing.grant(team, credits, key=f"test:{team.pk}")
    return team


def join(team: Team, user: User, role: Role = Role.CREATOR) -> Membership:
    return Membership.objects.create(team=team, user=user, role=role)
