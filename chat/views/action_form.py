"""The view of a form with which an action is carried out."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse
from django.views.generic import FormView

from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.models import Person
from chat.views import form_errors


class ActionFormView(FormView):
    """Django's form view for an action, which may be refused: then the page comes again with the reason in the form.

    A page with an error has the status of the refusal, or 400 for what the form itself found.
    """

    template_name: str
    http_method_names: Sequence[str] = ("get", "head", "post")
    # The field at which a refusal is shown. One that is not about the input is shown above all fields, as with None.
    error_field: ClassVar[str | None] = None
    # Whether the page has other forms. Then the first field with an error gets the focus, and so is in view.
    is_one_of_many: ClassVar[bool] = False

    @property
    def person(self) -> Person:
        """The person who is signed in, in a view that nobody else reaches."""
        return person_of(self.request)

    def act(self, form: Any) -> HttpResponse:
        """Carry out the action with what the form holds, and return what follows. May raise ActionError."""
        raise NotImplementedError

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            return self.act(form)
        except ActionError as refusal:
            return self.refuse(form, refusal)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self._page(form)

    def refuse(self, form: forms.Form, refusal: ActionError) -> HttpResponse:
        form.add_error(None if refusal.code in form_errors.STATUS else self.error_field, refusal.detail)
        return self._page(form, refusal)

    def _page(self, form: forms.Form, refusal: ActionError | None = None) -> HttpResponse:
        if self.is_one_of_many:
            form_errors.focus(form)
        return form_errors.page(self.request, self.template_name, self.get_context_data(form=form), refusal)
