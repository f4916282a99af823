"""The rules of emails about missed messages and of verified addresses, and how each is broken."""

from tests.mutations.mutation import Mutation

CONTENT = ("tests/mail/test_missed_mail.py",)
SMTP = ("tests/mail/test_smtp.py",)
STOP = ("tests/mail/test_stop.py",)
VERIFIED = ("tests/accounts/test_verified_addresses.py",)

MAIL = [
    Mutation(
        "An email goes to a verified address only",
        "chat/actions/tasks/mail.py",
        '.exclude(email="").exclude(email_verified_at=None)',
        '.exclude(email="")',
        CONTENT,
    ),
    Mutation(
        "Without a missed message there is no email",
        "chat/actions/tasks/mail.py",
        "    if person is None or not rooms:\n",
        "    if person is None:\n",
        CONTENT,
    ),
    Mutation(
        "What a server may have taken is not sent again",
        "chat/mail/smtp.py",
        "    return not has_begun\n",
        "    return True\n",
        SMTP,
    ),
    Mutation(
        "The command DATA counts from its beginning",
        "chat/mail/smtp.py",
        "                backend.has_begun = True\n",
        "                backend.has_begun = False\n",
        SMTP,
    ),
    Mutation(
        "An error at the end of the connection does not send again",
        "chat/mail/smtp.py",
        "        with suppress(OSError):  # the server has answered already\n            backend.close()\n",
        "        backend.close()\n",
        SMTP,
    ),
    Mutation(
        "Another backend's error is not tried again",
        "chat/mail/sending.py",
        "may_retry=False",
        "may_retry=True",
        SMTP,
    ),
    Mutation(
        "Without content, an email names no room",
        "chat/mail/missed_mail.py",
        "[] if content == NONE else [",
        "[",
        CONTENT,
    ),
    Mutation(
        "With names, an email has no text",
        "chat/mail/missed_mail.py",
        "missed.messages if content == FULL else []",
        "missed.messages",
        CONTENT,
    ),
    Mutation(
        "A subject is one line",
        "chat/mail/missed_mail.py",
        '    line = " ".join(subject.split())\n',
        "    line = subject\n",
        CONTENT,
    ),
    Mutation(
        "A link is for one address",
        "chat/auth/address_links.py",
        "person is not None and self._is_for(digest, person.email)",
        "person is not None and self._is_for",
        STOP + VERIFIED,
    ),
    Mutation(
        "Only a POST stops emails",
        "chat/views/notifications.py",
        'if person is not None and request.method == "POST":',
        "if person is not None:",
        STOP,
    ),
    Mutation(
        "The link of a member sets no password",
        "chat/views/sign_up.py",
        "        if not self.owner.may_verify:\n            return self.confirm()\n",
        "",
        VERIFIED,
    ),
    Mutation(
        "The address that a link verifies is the present one",
        "chat/actions/sign_up.py",
        "filter(pk=person.pk, email=person.email, is_guest=False)",
        "filter(pk=person.pk, is_guest=False)",
        VERIFIED,
    ),
    Mutation(
        "One person cannot make the site write to many addresses",
        "chat/rate_limits/limits.py",
        ', (resets(), joined("asking", person_id)))',
        ")",
        VERIFIED,
    ),
]
