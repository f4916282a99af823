"""The download of personal data, and the deletion of the account."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from chat.actions import account_deletion
from chat.auth.current_person import person_of
from chat.exports import personal_data
from chat.forms import DeleteAccountForm
from chat.views import form_errors
from chat.views.action_form import ActionFormView


@require_POST
@never_cache
@login_required
def data(request: HttpRequest) -> HttpResponseBase:
    """Stream all personal data of the signed-in person as a file."""
    person = person_of(request)
    parts = personal_data.everything_about(person)
    return form_errors.download(request, person.pk, parts, "application/json", "my-chat-data.json")


@method_decorator([never_cache, login_required, sensitive_post_parameters()], name="dispatch")
class DeleteAccount(ActionFormView):
    """The confirmation page of the account deletion. It lists what is deleted and what is kept."""

    form_class = DeleteAccountForm
    template_name = "chat/delete_account.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "person": self.person}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, erases=settings.CHAT_DELETED_ACCOUNTS == "erase")

    def act(self, form: DeleteAccountForm) -> HttpResponse:
        account_deletion.delete_account(self.person)
        logout(self.request)
        messages.success(self.request, "Your account has been deleted.")
        return redirect("home")
