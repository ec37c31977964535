"""Jobs, their outputs and their timeline, and the accounts we have at the services."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from providers.base import MAX_REMOTE_ID
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
    #: the file that an operation on any image or video starts from; of `source`, or an upload
    source_asset = models.ForeignKey(Asset, on_delete=models.PROTECT, null=True, related_name="jobs")

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
    remote_id = models.CharField(max_length=MAX_REMOTE_ID, blank=True)
    cursor = models.TextField(blank=True)
    #: a running job that its service has not begun with yet
    queued_there = models.BooleanField(default=False)
    #: when somebody asked to stop a running job; the engine asks its service
    cancel_asked_at = models.DateTimeField(null=True)
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
    #: taken out of the history by a person; the row stays for the ledger and for what was made of it
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [models.UniqueConstraint(fields=["team", "request_key"], name="request_once")]
        indexes = [
            models.Index(fields=["team", "-id"], name="job_feed"),
            models.Index(fields=["team", "-id"], condition=Q(deleted_at__isnull=True), name="job_history"),
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

    @property
    def waits_there(self) -> bool:
        """Whether its service has taken it and not begun with it."""
        return self.state == JobState.RUNNING and self.queued_there

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked to stop it and its service has not answered yet."""
        return self.state == JobState.RUNNING and self.cancel_asked_at is not None


class OutputState(models.TextChoices):
    DONE = "done", _("Done")
    REJECTED = "rejected", _("Held back")
    FAILED = "failed", _("Failed")
    PURGED = "purged", _("Deleted")


class Output(models.Model):
    """One result slot of a job that has ended; `index` is the number by which the service knows it.

    `team` is the job's, kept here for the gallery's order. `purged` results have lost their file for
    good, and stay for what was made of them.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="outputs")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="outputs")
    index = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=OutputState)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, null=True, related_name="outputs")
    message = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    #: in the trash since then
    trashed_at = models.DateTimeField(null=True)
    trashed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="output_once")]
        indexes = [
            models.Index(
                fields=["team", "-id"], condition=Q(state="done", trashed_at__isnull=True), name="output_wall"
            ),
            models.Index(fields=["team", "-trashed_at"], condition=Q(trashed_at__isnull=False), name="output_trash"),
        ]

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
    CANCEL_ASKED = "cancel_asked", _("Asked to stop")
    TOO_LATE = "too_late", _("Too late to stop")


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


class BoardState(models.TextChoices):
    WAITING = "waiting", _("To be sent")
    READY = "ready", _("At the service")
    FAILED = "failed", _("Refused by the service")


class ServiceBoard(models.Model):
    """A moodboard's copy at a service, made when it is first used and renewed when it has changed.

    `board` is the moodboard's id in its own room, which this room knows nothing of. `version` counts
    its changes; `sent_version` is the one that the service has.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    board = models.PositiveBigIntegerField()
    provider = models.CharField(max_length=40)
    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, null=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    asset_ids = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    sent_version = models.PositiveIntegerField(default=0)
    remote_id = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=8, choices=BoardState, default=BoardState.WAITING)
    problem = models.CharField(max_length=400, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["board", "provider", "account"], condition=Q(account__isnull=False), name="board_copy_once"
            ),
            models.UniqueConstraint(
                fields=["board", "provider"], condition=Q(account__isnull=True), name="board_copy_in_sandbox_once"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="board_due")]

    def __str__(self) -> str:
        return f"{self.name} at {self.provider}"


class LibraryFileState(models.TextChoices):
    PROCESSING = "processing", _("On its way")
    ACTIVE = "active", _("At the service")
    FAILED = "failed", _("Refused by the service")


class LibraryFile(models.Model):
    """A file of ours in a service's asset library, put there when an order first needs it.

    Without a remote id it is still to be sent. `looked_at` is when the service last spoke of it.
    """

    provider = models.CharField(_("service"), max_length=40)
    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, null=True)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="library_files")
    remote_id = models.CharField(_("file at the service"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=LibraryFileState, default=LibraryFileState.PROCESSING)
    problem = models.CharField(_("problem"), max_length=400, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    looked_at = models.DateTimeField(_("looked at"), null=True)

    class Meta:
        verbose_name = _("library file")
        verbose_name_plural = _("library files")
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "provider", "account"],
                condition=Q(account__isnull=False),
                name="library_file_once",
            ),
            models.UniqueConstraint(
                fields=["asset", "provider"], condition=Q(account__isnull=True), name="library_file_in_sandbox_once"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="library_file_due")]

    def __str__(self) -> str:
        return f"{self.asset} at {self.provider}"


class ReplyPurpose(models.TextChoices):
    """What a chat model is asked for; each is the slug of an operation."""

    IMPROVE = "improve", _("Improve the prompt")
    DESCRIBE = "describe", _("Describe a picture")
    DESCRIBE_VIDEO = "describe-video", _("Describe a video")


class ReplyState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")

    @classmethod
    def live(cls) -> list[ReplyState]:
        return [cls.QUEUED, cls.RUNNING]


class Reply(models.Model):
    """One question to a chat model, with its answer as it grows. Asked once: whoever answers it holds the lease,
    and a lease that runs out ends it."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="replies")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="replies")
    request_key = models.CharField(max_length=64)
    purpose = models.CharField(_("purpose"), max_length=16, choices=ReplyPurpose)
    provider = models.CharField(_("service"), max_length=40)
    model = models.CharField(_("model"), max_length=60)
    #: of the page it was asked from: our words to the model are in it
    language = models.CharField(max_length=16, blank=True)
    prompt = models.TextField(blank=True)
    asset = models.ForeignKey(Asset, on_delete=models.SET_NULL, null=True, related_name="replies")
    #: whether the model is to think before it answers
    thinks = models.BooleanField(default=False)

    state = models.CharField(_("state"), max_length=8, choices=ReplyState, default=ReplyState.QUEUED)
    text = models.TextField(blank=True)
    thinking = models.TextField(blank=True)
    error_code = models.CharField(max_length=80, blank=True)
    error_message = models.CharField(max_length=400, blank=True)
    usage = models.JSONField(default=dict)

    quote = models.PositiveIntegerField()
    cost = models.PositiveIntegerField(null=True)
    hold = models.OneToOneField(Transfer, on_delete=models.PROTECT, null=True, related_name="reply")

    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("asked"), auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        constraints = [models.UniqueConstraint(fields=["team", "request_key"], name="reply_once")]
        indexes = [
            models.Index(fields=["state", "id"], condition=Q(state__in=["queued", "running"]), name="reply_live"),
            models.Index(fields=["finished_at"], name="reply_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state in ReplyState.live()


class AccountReading(models.Model):
    """What a service last said of an account of ours; without an account, what the sandbox said."""

    provider = models.CharField(_("service"), max_length=40)
    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, null=True, related_name="reading")
    plan = models.CharField(_("plan"), max_length=80, blank=True)
    balance = models.DecimalField(_("balance"), max_digits=16, decimal_places=2, null=True)
    unit = models.CharField(_("unit"), max_length=12, blank=True)
    max_concurrent = models.PositiveIntegerField(_("jobs at once"), null=True)
    periods = models.JSONField(_("accounting periods"), default=list)
    problem = models.CharField(_("problem"), max_length=400, blank=True)
    #: when somebody asked for a new reading; the engine makes it
    asked_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("service bill")
        verbose_name_plural = _("service bills")
        constraints = [
            models.UniqueConstraint(fields=["provider"], condition=Q(account__isnull=True), name="sandbox_reading_once")
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.account.label if self.account else 'sandbox'}"


class ServiceCharge(models.Model):
    """A line of a service's own bill: what it says that one job cost."""

    provider = models.CharField(_("service"), max_length=40)
    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, null=True)
    remote_id = models.CharField(_("job at the service"), max_length=120)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    unit = models.CharField(_("unit"), max_length=12)
    charged_at = models.DateTimeField(_("charged"), null=True)
    raw = models.JSONField(default=dict)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("service charge")
        verbose_name_plural = _("service charges")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "account", "remote_id"],
                condition=Q(account__isnull=False),
                name="charge_once",
            ),
            models.UniqueConstraint(
                fields=["provider", "remote_id"], condition=Q(account__isnull=True), name="sandbox_charge_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.remote_id}: {self.amount} {self.unit}"
