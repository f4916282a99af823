"""Signed links for the owner of an email address. The database holds no secret for them."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from chat.models import Person


@dataclass(frozen=True, slots=True)
class AddressLink:
    """The links to a page, by the name of its URL.

    The signature covers the person and a digest of their address. So a link ends when the address changes.
    """

    page: str
    salt: str

    def path(self, person: Person) -> str:
        """Return the path of the link for `person` and their present address."""
        digest = self._digest(person.email, settings.SECRET_KEY)
        return reverse(self.page, args=[self._signer().sign(f"{person.pk}-{digest}")])

    def person(self, signed: str, max_age: timedelta | None = None) -> Person | None:
        """Return the person of a link who still has the address. A forged or expired link costs no query."""
        try:
            pk, _, digest = self._signer().unsign(signed, max_age=max_age).partition("-")
        except BadSignature:
            return None
        person = Person.objects.filter(pk=int(pk)).first()
        return person if person is not None and self._is_for(digest, person.email) else None

    def _signer(self) -> TimestampSigner:
        return TimestampSigner(salt=self.salt, sep=".")

    def _is_for(self, digest: str, email: str) -> bool:
        """Return whether the digest is that of the address, by the present secret key or an earlier one."""
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return any(constant_time_compare(digest, self._digest(email, key)) for key in keys)

    def _digest(self, email: str, key: str) -> str:
        return salted_hmac(self.salt, email.casefold(), secret=key).hexdigest()[:16]


# In emails about messages: the page that stops them. It works until the address changes.
STOP_MAIL = AddressLink("stop_mail", "chat.stop_mail")
