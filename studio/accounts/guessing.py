"""Against guessing passwords: ten failures for an email from an address, then a pause.

Counted in the database, so that all processes see the same. Each try is counted before its password
is looked at, so that a hundred sent at once get no more looks than ten sent in turn. Emails that
nobody has count alike: the answer tells nothing.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from studio.accounts.models import SignInAttempt, User

LIMIT = 10
WINDOW = timedelta(minutes=15)


class TooManyTries(Exception):
    pass


def check_password(request: HttpRequest, email: str, password: str) -> User | None:
    """The person whose password this is, or None; TooManyTries instead of an answer after ten wrong ones."""
    email = email.strip().lower()
    who = salted_hmac(__name__, f"{email}|{request.META.get('REMOTE_ADDR', '')}", algorithm="sha256").hexdigest()
    since = timezone.now() - WINDOW
    SignInAttempt.objects.filter(at__lte=since).delete()
    attempt = SignInAttempt.objects.create(who=who, at=timezone.now())
    if SignInAttempt.objects.filter(who=who, at__gt=since).count() > LIMIT:
        attempt.delete()
        raise TooManyTries
    user = authenticate(request, username=email, password=password)
    if user is None:
        return None
    SignInAttempt.objects.filter(who=who).delete()
    assert isinstance(user, User)
    return user
