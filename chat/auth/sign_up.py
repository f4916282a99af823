"""The rules of who may create an account, and the link that shows whose an email address is."""

import functools
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string

from chat.auth import mail_queue
from chat.auth.address_links import AddressLink
from chat.errors import ActionError, Code
from chat.models import Invitation, Person
from chat.rate_limits import limits
from chat.site_address import origin_of

LINK_VALID = timedelta(days=3)
_LINK = AddressLink("verify_email", "chat.verify")


class Mode(StrEnum):
    """The values of CHAT_SIGN_UP."""

    OPEN = "open"
    INVITED = "invited"
    DOMAIN = "domain"
    APPROVAL = "approval"
    CLOSED = "closed"


CLOSED = {
    Mode.INVITED: "You need an invitation to create an account here. Ask someone who uses this site for a link.",
    Mode.CLOSED: "New accounts can’t be created here. Ask the people who run this site to add you.",
}


def mode_for(invitation: Invitation | None) -> Mode:
    """Return the mode for a newcomer. An invitation admits them as if sign-up were open, unless it is closed."""
    mode = Mode(settings.CHAT_SIGN_UP)
    return Mode.OPEN if invitation is not None and mode is not Mode.CLOSED else mode


def is_offered(invitation: Invitation | None = None) -> bool:
    """Return whether people with this invitation, or without one, may sign up. The sign-up page checks it again."""
    return mode_for(invitation) not in CLOSED


def has_allowed_domain(email: str) -> bool:
    """Return whether the address is at one of CHAT_EMAIL_DOMAINS. A subdomain is another domain.

    A domain that is ASCII only in lower case is refused: that of the Kelvin sign is the letter k.
    """
    domain = email.rpartition("@")[2]
    lower = domain.lower()
    return lower in settings.CHAT_EMAIL_DOMAINS and lower.isascii() == domain.isascii()


# ---- The link


def link_for(person: Person) -> str:
    """Return the path of the link that shows that `person.email` is theirs.

    The link ends after `LINK_VALID`, and when it was used.
    """
    return _LINK.path(person)


def person_of_link(signed: str) -> Person | None:
    """Return the person of a link whose address is not verified yet."""
    person = _LINK.person(signed, LINK_VALID)
    return person if person is not None and (person.may_verify or person.has_unverified_email) else None


def send_link(request: HttpRequest, person: Person) -> None:
    """Queue the email with the link. Refuse if the address has got too many, or the person has asked for too many.

    It quotes nothing that the person typed, since the address may be someone else's.
    """
    if wait := limits.take_address_link(person.email, person.pk):
        detail = "We’ve sent several emails already. Look for them, or try again later."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=wait)
    context = {
        "site_name": settings.SITE_NAME,
        "address": origin_of(request) + link_for(person),
        "days": LINK_VALID.days,
    }
    template, subject = "confirm", f"Confirm your email address for {settings.SITE_NAME}"
    if person.may_verify:
        template, subject = "verify", f"Create your {settings.SITE_NAME} account"
    body = render_to_string(f"registration/{template}_email.txt", context)
    mail_queue.later(functools.partial(_send, subject, body, person.email))


def offer_account(request: HttpRequest, person: Person) -> None:
    """Queue an email with the link with which the owner of the address takes over an account from an archive.

    The queue also makes it, so that the response time does not reveal that there is such an account.
    """
    mail_queue.later(functools.partial(_offer, person, origin_of(request)))


def _offer(person: Person, origin: str) -> None:
    """Send the email, unless the address has got too many. The page does not tell who has an account."""
    if limits.take_address_link(person.email, person.pk):
        return
    context = {"site_name": settings.SITE_NAME, "address": origin + link_for(person), "days": LINK_VALID.days}
    body = render_to_string("registration/imported_email.txt", context)
    _send(f"Your {settings.SITE_NAME} account", body, person.email)


def tell_approved(people: Iterable[Person]) -> None:
    """Queue an email to each of these people who gave an address: their accounts have been approved."""
    for person in people:
        if person.email:
            context = {"name": person.name, "site_name": settings.SITE_NAME, "address": settings.SITE_URL}
            body = render_to_string("registration/approved_email.txt", context)
            subject = f"Your {settings.SITE_NAME} account has been approved"
            mail_queue.later(functools.partial(_send, subject, body, person.email))


def _send(subject: str, body: str, email: str) -> None:
    send_mail(subject, body, None, [email])
