"""The URLs of the site: the admin, and all others from the chat."""

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
    # No model here has a page on the site, and Django's redirect fails for an invalid id such as a UUID's.
    path("admin/r/<path:place>", no_page),
    path("admin/live/", admin.site.admin_view(live.show), name="admin_live"),
    path("admin/login/", accounts.admin_sign_in),
    # The admin uses the site's own sign-out and password change, which also close open sockets and end tokens.
    path("admin/logout/", accounts.SignOutView.as_view()),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/", admin.site.urls),
    path("", include("chat.urls")),
]
