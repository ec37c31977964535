"""Jobs, their outputs and their timeline, and the accounts we have at the services."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from studio.accounts.models import Team
from studio.billing.models import Transfer
from studio.media.models import Asset


class JobState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SUBMITTING = "submitting", _("Sending")
    SUBMIT_UNKNOWN = "submit_unknown", _("Finding out")
    RUNNING = "running", _("Running")
    COLLECTING = "collecting", _("Collecting")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")

    @classmethod
    def live(cls) -> list[JobState]:
        return [cls.QUEUED, cls.SUBMITTING, cls.SUBMIT_UNKNOWN, cls.RUNNING, cls.COLLECTING]

    @classmethod
    def ended(cls) -> list[JobState]:
        return [cls.SUCCEEDED, cls.FAILED, cls.CANCELED]


class ProviderAccount(models.Model):
    """An account at a service. The credentials are encrypted at rest and never shown again."""

    provider = models.CharField(_("service"), max_length=40)
    label = models.CharField(_("name"), max_length=80)
    credentials = models.TextField(_("credentials"), blank=True)
    base_url = models.URLField(_("address"), blank=True, help_text=_("Empty: the service's own."))
    enabled = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("service account")
        verbose_name_plural = _("service accounts")
        constraints = [
            models.UniqueConstraint(fields=["provider"], condition=Q(enabled=True), name="one_account_in_use")
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.label}"


class Job(models.Model):
    """One request of a person.

    The engine's columns: a step is claimed by a conditional UPDATE that sets `lease_until` and
    raises `fence`; every later write of that step carries the fence. `due_at` says when the engine
    should look again; it is null when the job has ended.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="jobs")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    request_key = models.CharField(max_length=64)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    operation = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    prompt = models.TextField(blank=True)
    source = models.ForeignKey("Output", on_delete=models.PROTECT, null=True, related_name="follow_ups")

    state = models.CharField(max_length=16, choices=JobState, default=JobState.QUEUED)
    expected = models.PositiveSmallIntegerField(default=1)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    progress = models.FloatField(null=True)
    seed = models.BigIntegerField(null=True)

    quote = models.PositiveIntegerField()
    cost = models.PositiveIntegerField(null=True)
    hold = models.OneToOneField(Transfer, on_delete=models.PROTECT, null=True, related_name="job")
    service_cost = models.JSONField(default=dict)

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, null=True)
    remote_id = models.CharField(max_length=120, blank=True)
    cursor = models.TextField(blank=True)
    snapshot = models.JSONField(default=dict)
    error_code = models.CharField(max_length=80, blank=True)
    error_message = models.CharField(max_length=400, blank=True)

    fence = models.PositiveIntegerField(default=0)
    claim = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [models.UniqueConstraint(fields=["team", "request_key"], name="request_once")]
        indexes = [
            models.Index(fields=["team", "-id"], name="job_feed"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="job_due"),
            models.Index(fields=["claim"], condition=~Q(claim=""), name="job_claim"),
            models.Index(fields=["provider", "remote_id"], condition=~Q(remote_id=""), name="job_remote"),
            models.Index(fields=["provider", "model", "operation", "-finished_at"], name="job_usual_time"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.operation} #{self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state in JobState.live()


class OutputState(models.TextChoices):
    DONE = "done", _("Done")
    REJECTED = "rejected", _("Held back")
    FAILED = "failed", _("Failed")


class Output(models.Model):
    """One result slot of a job that has ended; `index` is the number by which the service knows it."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="outputs")
    index = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=OutputState)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, null=True, related_name="outputs")
    message = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="output_once")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.index}"


class EventKind(models.TextChoices):
    CREATED = "created", _("Created")
    SUBMITTED = "submitted", _("Accepted by the service")
    SUBMIT_UNKNOWN = "submit_unknown", _("The connection broke while sending")
    RETRY = "retry", _("The service was busy; trying again")
    PROGRESS = "progress", _("Progress")
    DELIVERED = "delivered", _("Delivered by the service")
    SUCCEEDED = "succeeded", _("Kept")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")
    LATE = "late", _("Arrived late, at no charge")


class Event(models.Model):
    """A line of a team's timeline. Browsers follow it by id."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=EventKind)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["team", "id"], name="event_team")]


class EngineWindow(models.Model):
    """The one row that says whether a background task is at work and when one was last asked for."""

    lease_until = models.DateTimeField(null=True)
    woken_at = models.DateTimeField(null=True)
