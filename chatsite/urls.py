"""All addresses of the site: the admin, and everything else from the chat."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.views.generic import RedirectView

from chat.admin import live
from chat.views import accounts


def no_page(request: HttpRequest, **arguments: str) -> HttpResponse:
    raise Http404


handler400 = "chat.views.errors.bad_request"
handler404 = "chat.views.errors.not_found"
handler500 = "chat.views.errors.server_error"

urlpatterns = [
    # Nothing here has a page to be viewed on the site, and Django's way to one fails at an id that is none (a UUID's).
    path("admin/r/<path:place>", no_page),
    path("admin/live/", admin.site.admin_view(live.show), name="admin_live"),
    path("admin/login/", accounts.admin_sign_in),
    # One way out and one way to another password for everybody: what is open elsewhere has to end with both.
    path("admin/logout/", accounts.SignOutView.as_view()),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/", admin.site.urls),
    path("", include("chat.urls")),
]
