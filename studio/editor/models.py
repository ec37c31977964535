"""Sittings: what one person has tried on one picture."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from studio.accounts.models import Team
from studio.jobs.models import Job, Output
from studio.media.models import Asset


class Sitting(models.Model):
    """A person's work on one picture: a result, or a file that is none."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    output = models.ForeignKey(Output, on_delete=models.CASCADE, null=True)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "output"], condition=Q(output__isnull=False), name="one_sitting_a_result"
            ),
            models.UniqueConstraint(
                fields=["user", "asset"], condition=Q(output__isnull=True), name="one_sitting_a_file"
            ),
        ]

    def __str__(self) -> str:
        return f"sitting {self.pk}"


class Attempt(models.Model):
    """A job that was asked for in a sitting."""

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="attempts")
    job = models.OneToOneField(Job, on_delete=models.CASCADE)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"attempt {self.pk}"
