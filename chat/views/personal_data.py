"""The download of personal data. `chat/exports/personal_data.py` makes the file."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chat.auth.current_person import person_of
from chat.exports import personal_data
from chat.views import form_errors


@require_POST
@never_cache
@login_required
def export(request: HttpRequest) -> HttpResponseBase:
    """Stream all personal data of the signed-in person as a file."""
    person = person_of(request)
    parts = personal_data.everything_about(person)
    return form_errors.download(request, person.pk, parts, "application/json", "my-chat-data.json")
