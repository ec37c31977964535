"""Everybody the matrix lets knock, and the things they knock at.

Add what a new route needs as a method here, made for a given team, so that it exists twice: once
in the team of the members and once elsewhere, as a foreign object.
"""

from __future__ import annotations

from studio.accounts.models import Role, Team, User
from tests.factories import make_team, make_user

MEMBERS = [role.value for role in Role]
STRANGER = "stranger"
SIGNED_OUT = "signed out"
ACTORS = [*MEMBERS, STRANGER, SIGNED_OUT]


class World:
    def __init__(self) -> None:
        self.actors: dict[str, User | None] = {name: make_user(name.title()) for name in [*MEMBERS, STRANGER]}
        self.actors[SIGNED_OUT] = None
        people = {name: self.actors[name] for name in MEMBERS}
        self.team = make_team("Reef", credits=1000, **people)
        self.elsewhere = make_team("Elsewhere", owner=self.actors[STRANGER], credits=1000)

    def maker(self, team: Team) -> User:
        user = self.actors["owner" if team == self.team else STRANGER]
        assert user is not None
        return user

    def output(self, team: Team):
        """A finished result of Youchuan v7 in the team."""
        from django.utils import timezone

        from studio.jobs.models import Job, JobState, Output, OutputState

        now = timezone.now()
        job = Job.objects.create(
            team=team,
            created_by=self.maker(team),
            request_key=f"made-{Job.objects.count()}",
            provider="youchuan",
            model="v7",
            operation="diffusion",
            params={"prompt": "a reef"},
            prompt="a reef",
            remote_id="1" * 24,
            state=JobState.SUCCEEDED,
            expected=4,
            quote=0,
            cost=0,
            seed=1,
            width=64,
            height=48,
            submitted_at=now,
            finished_at=now,
            deadline_at=now,
        )
        return Output.objects.create(team=team, job=job, index=0, state=OutputState.DONE, asset=self.asset(team))

    def collection(self, team: Team):
        from studio.gallery.models import Collection
        from studio.gallery.services import create_collection

        return create_collection(team, self.maker(team), f"Reefs {Collection.objects.count()}")

    def reply(self, team: Team):
        """A chat model's finished answer."""
        from django.utils import timezone

        from studio.jobs.models import Reply, ReplyState

        return Reply.objects.create(
            team=team,
            created_by=self.maker(team),
            request_key=f"asked-{Reply.objects.count()}",
            purpose="improve",
            provider="talkingdata",
            model="gpt-5.4",
            prompt="a reef",
            text="A reef at noon",
            state=ReplyState.DONE,
            quote=0,
            cost=0,
            finished_at=timezone.now(),
        )

    def url_import(self, team: Team):
        from studio.media.services import request_url_import

        return request_url_import("https://pictures.example/reef.png", team, self.maker(team))

    def asset(self, team: Team):
        from studio.media import services
        from studio.media.models import Origin
        from tests.media.pictures import encode, photo

        prepared = services.prepare(encode(photo(64, 48), "PNG"), mode="result")
        return services.record(prepared, team=team, user=self.maker(team), origin=Origin.RESULT, name="A reef")

    def video(self, team: Team):
        from studio.media import services
        from studio.media.models import Origin
        from tests.media.films import film

        prepared = services.prepare(film(), mode="result")
        return services.record(prepared, team=team, user=self.maker(team), origin=Origin.RESULT, name="A reef")

    def conversion(self, team: Team):
        """A GIF that has been made."""
        from django.core.files.base import ContentFile
        from django.core.files.storage import default_storage

        from studio.media import storage
        from studio.media.models import Conversion, ConversionState

        video = self.video(team)
        key = storage.conversion_key(video.sha256, "gif")
        if not storage.exists(key):
            default_storage.save(key, ContentFile(b"GIF89a"))
        return Conversion.objects.create(asset=video, format="gif", state=ConversionState.DONE, size=6)

    def board_item(self, team: Team):
        from studio.moodboards.models import BoardItem, Moodboard

        asset = self.asset(team)
        board = Moodboard.objects.create(team=team, created_by=self.maker(team), name="Low sun")
        return BoardItem.objects.create(board=board, asset=asset, position=1, added_by=self.maker(team))
