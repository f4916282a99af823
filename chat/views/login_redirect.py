"""Sign-in to a browser session, and the page that follows."""

from django.contrib.auth import login
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from chat.actions.sign_up import LOBBY_SLUG
from chat.models import Person, Room

# The session keeps the code of an invitation while its visitor signs in or signs up.
INVITATION_KEY = "invitation"


def sign_in(request: HttpRequest, person: Person) -> None:
    """Sign `person` in to the browser session, which gets a new key."""
    login(request, person)


def next_address(request: HttpRequest) -> str:
    """Return the URL on this site given as `next`, or an empty string.

    URLs of the site are ASCII. Any other is rejected unparsed, because Python would normalise its host. A bare word is
    rejected, because Django would take it for the name of a view.
    """
    address = request.POST.get("next") or request.GET.get("next") or ""
    is_address = address.isascii() and "/" in address
    is_ours = is_address and url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else ""


def address_after_sign_in(request: HttpRequest) -> str:
    """Return the URL given as `next`, or the invitation with which the visitor came, or an empty string."""
    code = request.session.get(INVITATION_KEY)
    return next_address(request) or (reverse("invitation", args=[code]) if code else "")


def destination(request: HttpRequest, person: Person) -> str:
    """Return the URL to go to after sign-in: the requested one, the lobby, or the home page."""
    if address := address_after_sign_in(request):
        return address
    if Room.objects.visible_to(person).filter(slug=LOBBY_SLUG).exists():
        return reverse("room", args=[LOBBY_SLUG])
    return reverse("home")
