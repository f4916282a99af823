"""All addresses of the site: the admin, and everything else from the chat."""

from django.contrib import admin
from django.urls import include, path

handler400 = "chat.views.errors.bad_request"
handler404 = "chat.views.errors.not_found"
handler500 = "chat.views.errors.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("chat.urls")),
]
