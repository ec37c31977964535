"""What the prompt bar asks for while one composes, and Create itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from studio.accounts.access import team_view
from studio.accounts.answers import is_fragment, or_404, show
from studio.accounts.models import Membership, Role
from studio.billing.services import NotEnoughCredits
from studio.jobs import catalog, queries, services
from studio.jobs.catalog import Entry

from ..composer import Composer, compose, fetch_addresses, kept, read_flags, reused
from .pages import MODEL_COOKIE

COOKIE_AGE = 365 * 24 * 3600


def _posted_entry(request: HttpRequest) -> Entry:
    return or_404(catalog.find_start, request.POST.get("choose") or request.POST.get("model", ""))


def _asked_entry(request: HttpRequest) -> Entry:
    """The chosen model, or the one that a flag in the prompt names."""
    entry = _posted_entry(request)
    return services.entry_named_in(entry, request.POST.get("prompt", ""))


@require_POST
@team_view(Role.CREATOR)
def panel(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The panel for the chosen model, keeping what still fits; or with an earlier prompt, settings, picture."""
    entry = _posted_entry(request)
    if "reset" in request.POST:
        composer = compose(membership, entry, initial={"prompt": request.POST.get("prompt", "")})
    else:
        composer = reused(membership, request.POST, kept(membership, entry, request.POST))
    return show(request, membership, "create/_update.html", {"composer": composer})


@require_POST
@team_view(Role.CREATOR)
def read_prompt(request: HttpRequest, membership: Membership) -> HttpResponse:
    composer = read_flags(kept(membership, _posted_entry(request), request.POST))
    return show(request, membership, "create/_update.html", {"composer": composer})


@require_POST
@team_view(Role.CREATOR)
def quote(request: HttpRequest, membership: Membership) -> HttpResponse:
    composer = compose(membership, _asked_entry(request), data=request.POST)
    response = show(request, membership, "create/_price.html", {"composer": composer})
    # an event, not more fragments: the list of models may just be drawn anew
    prices = {row.html_id: composer.prices.get(row.key) for row in composer.models}
    return trigger_client_event(response, "models:priced", {"prices": prices})


@require_POST
@team_view(Role.CREATOR)
def submit(request: HttpRequest, membership: Membership) -> HttpResponse:
    composer = compose(membership, _asked_entry(request), data=request.POST)
    _note_words(composer, request.POST.get("prompt", ""))
    if _is_ready(composer):
        assert composer.form.params is not None
        try:
            job, _is_new = services.create_job(
                membership=membership,
                entry=composer.entry,
                operation=composer.entry.start,
                params=composer.form.params,
                request_key=request.POST.get("request_key", ""),
            )
        except NotEnoughCredits as short:
            composer.problems.append(services.short_of_credits(short))
        except services.CannotCreate as cannot:
            composer.problems.append(cannot.user_message)
        else:
            return _made(request, membership, composer, job.pk)
    return _not_made(request, membership, composer)


def _note_words(composer: Composer, typed: str) -> None:
    """The words to show instead, where flags of the prompt have become values."""
    prompt = composer.prompt
    if prompt is not None and prompt.error is None and prompt.value != typed.replace("\r\n", "\n").strip():
        composer.words = str(prompt.value)


def _is_ready(composer: Composer) -> bool:
    if composer.form.addresses:
        fetch_addresses(composer, composer.form.addresses)
    if composer.pending:
        composer.problems.append(_("A file is still being fetched. Press Create again when it is there."))
    return composer.form.is_valid() and not composer.problems


def _made(request: HttpRequest, membership: Membership, composer: Composer, job_id: int) -> HttpResponse:
    if is_fragment(request):
        context = {"card": queries.card(membership.team, job_id), "composer": composer}
        response = show(request, membership, "create/_created.html", context)
    else:
        response = redirect("create:page", membership.team.slug)
    response.set_cookie(MODEL_COOKIE, composer.entry.key, max_age=COOKIE_AGE, samesite="Lax")
    return response


def _not_made(request: HttpRequest, membership: Membership, composer: Composer) -> HttpResponse:
    if not is_fragment(request):
        last, feed = queries.last_event_id(membership.team), queries.feed(membership.team)
        context = {"composer": composer, "feed": feed, "last_event": last}
        return show(request, membership, "create/page.html", context, status=422)
    response = show(request, membership, "create/_update.html", {"composer": composer}, status=422)
    wrong = {"field": composer.form.first_error_id()}
    trigger_client_event(response, "composer:wrong", wrong, after="settle")
    return reswap(retarget(response, "#panel"), "outerHTML")
