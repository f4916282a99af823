"""Access tokens and signed-in devices: their owner creates and ends them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chat.actions import accounts, credentials
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.forms.profiles import TokenForm
from chat.views.action_form import ActionFormView
from chat.views.profiles import PAGE, page_context


@method_decorator([never_cache, login_required], name="post")
class CreateToken(ActionFormView):
    """Create a token and show its secret once. The page is not stored anywhere."""

    http_method_names = ("post",)
    form_class = TokenForm
    template_name = PAGE
    error_field = "label"

    def act(self, form: TokenForm) -> HttpResponse:
        label = form.cleaned_data["label"]
        secret = accounts.issue_token(self.person, label, self.request.session.session_key)
        return render(self.request, PAGE, page_context(self.request, secret=secret, secret_label=label))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return page_context(self.request, token_form=context["form"])


@require_POST
@login_required
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    try:
        credentials.revoke_token(person_of(request), token_id)
        messages.success(request, "Token revoked.")
    except ActionError as error:
        messages.error(request, error.detail)
    return redirect("profile")


@require_POST
@login_required
def sign_out(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        credentials.sign_out(person_of(request), public_id)
        messages.success(request, "That device has been signed out.")
    except ActionError as error:
        messages.error(request, error.detail)
    return redirect("profile")


@require_POST
@login_required
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    try:
        ended = credentials.sign_out_elsewhere(person_of(request), request.session.session_key)
        messages.success(request, f"Signed out of {ended} other device{'' if ended == 1 else 's'}.")
    except ActionError as error:
        messages.error(request, error.detail)
    return redirect("profile")
