"""The confirmation page that deletes an account."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from chat.actions import account_deletion
from chat.forms.profiles import DeleteAccountForm
from chat.views.action_form import ActionFormView


@method_decorator([never_cache, login_required, sensitive_post_parameters()], name="dispatch")
class DeleteAccount(ActionFormView):
    """The confirmation page of the account deletion. It lists what is deleted and what is kept."""

    form_class = DeleteAccountForm
    template_name = "chat/delete_account.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, erases=settings.CHAT_DELETED_ACCOUNTS == "erase")

    def act(self, form: DeleteAccountForm) -> HttpResponse:
        account_deletion.delete_account(self.person)
        logout(self.request)
        messages.success(self.request, "Your account has been deleted.")
        return redirect("home")
