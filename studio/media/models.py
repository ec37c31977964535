"""Stored originals and the files derived from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from studio.accounts.models import Team


class AssetKind(models.TextChoices):
    IMAGE = "image", _("Image")
    VIDEO = "video", _("Video")
    AUDIO = "audio", _("Audio")


class Origin(models.TextChoices):
    RESULT = "result", _("Result")
    UPLOAD = "upload", _("Upload")
    MASK = "mask", _("Mask")
    FRAME = "frame", _("Frame of a video")


class Asset(models.Model):
    """One original of a team. The file lies under its SHA-256, so that equal files are kept once;
    `placeholder` is a data URL of a picture 16 px wide, drawn while the rendition loads. A video's
    width and height are those it is shown with, those of a sound 0; `duration` is in seconds, `frame_rate`
    in frames a second, 0 for what has none. A frame taken from a video knows which, and at how many seconds."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="assets")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    kind = models.CharField(max_length=6, choices=AssetKind, default=AssetKind.IMAGE)
    origin = models.CharField(max_length=6, choices=Origin)
    name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    media_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    duration = models.FloatField(default=0)
    frame_rate = models.FloatField(default=0)
    has_sound = models.BooleanField(default=False)
    taken_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="frames")
    taken_at = models.FloatField(null=True)
    storage_key = models.CharField(max_length=200)
    placeholder = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        indexes = [models.Index(fields=["team", "-id"])]

    def __str__(self) -> str:
        return self.name or self.sha256[:12]


class Rendition(models.Model):
    """A file made from an asset for drawing it; `spec` names how. "w320" is a WebP at most 320 px wide,
    "preview" the silent beginning of a video as a small MP4, "wave" the waveform of a sound, a WebP to be
    used as a mask."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="renditions")
    spec = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    storage_key = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "spec"], name="rendition_once")]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.spec}"


class ImportState(models.TextChoices):
    PENDING = "pending", _("Fetching")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class UrlImport(models.Model):
    """A file of one kind to be fetched from an address in the background (never in a request)."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    url = models.CharField(max_length=2048)
    kind = models.CharField(max_length=6, choices=AssetKind, default=AssetKind.IMAGE)
    state = models.CharField(max_length=8, choices=ImportState, default=ImportState.PENDING)
    asset = models.ForeignKey(Asset, on_delete=models.SET_NULL, null=True)
    problem = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["lease_until"], name="imports_waiting", condition=models.Q(state=ImportState.PENDING))
        ]


class ConversionFormat(models.TextChoices):
    GIF = "gif", "GIF"
    WEBM = "webm", "WebM"


class ConversionState(models.TextChoices):
    PENDING = "pending", _("Under way")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Conversion(models.Model):
    """A video in another format, made in the background, once for each asset and format."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="conversions")
    format = models.CharField(max_length=4, choices=ConversionFormat)
    state = models.CharField(max_length=8, choices=ConversionState, default=ConversionState.PENDING)
    problem = models.CharField(max_length=300, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "format"], name="conversion_once")]
        indexes = [
            models.Index(
                fields=["lease_until"], name="conversions_waiting", condition=models.Q(state=ConversionState.PENDING)
            )
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.format}"
