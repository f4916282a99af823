"""The base view of a form that carries out an action."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.generic import FormView

from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.forms.fields import PersonForm
from chat.models import Person
from chat.views import form_errors


class ActionFormView(FormView):
    """Django's form view for an action. If the action is refused, the page is shown again with the reason.

    A page with an error has the status of the refusal, or 400 for invalid input.
    """

    template_name: str
    http_method_names: Sequence[str] = ("get", "head", "post")
    # The field that shows a refusal. Errors that are not about the input appear above all fields, as with None.
    error_field: ClassVar[str | None] = None

    @property
    def person(self) -> Person:
        """The signed-in person. Only views that require a person may use it."""
        return person_of(self.request)

    def get_form_kwargs(self) -> dict[str, Any]:
        needs_person = issubclass(self.get_form_class(), PersonForm)
        return super().get_form_kwargs() | ({"person": self.person} if needs_person else {})

    def check_rate(self) -> None:
        """Refuse too many requests before the form is read. May raise ActionError."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.check_rate()
        except ActionError as refusal:
            return form_errors.limited(request, refusal)
        return super().post(request, *args, **kwargs)

    def act(self, form: Any) -> HttpResponse:
        """Carry out the action with the cleaned data and return the next response. May raise ActionError."""
        raise NotImplementedError

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            return self.act(form)
        except ActionError as refusal:
            return self.refuse(form, refusal)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self.error_page(form)

    def refuse(self, form: forms.Form, refusal: ActionError) -> HttpResponse:
        form.add_error(None if refusal.code in form_errors.STATUS else self.error_field, refusal.detail)
        return self.error_page(form, refusal)

    def error_page(self, form: forms.Form, refusal: ActionError | None = None) -> HttpResponse:
        form_errors.focus(form)
        return form_errors.page(self.request, self.template_name, self.get_context_data(form=form), refusal)
