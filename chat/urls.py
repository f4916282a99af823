"""The URLs of the chat: pages, accounts, API and health checks."""

from django.contrib.auth import views as auth
from django.urls import include, path

from chat import converters  # noqa: F401 (registers the path converters)
from chat.views import (
    account_deletion,
    accounts,
    activity,
    branding,
    credentials,
    csp_reports,
    emojis,
    health,
    invitations,
    manifest,
    metrics,
    personal_data,
    profiles,
    room_settings,
    rooms,
    search,
)

account_patterns = [
    path("login/", accounts.SignInView.as_view(), name="login"),
    path("logout/", accounts.SignOutView.as_view(), name="logout"),
    path("signup/", accounts.SignUp.as_view(), name="signup"),
    path("claim/", accounts.Claim.as_view(), name="claim"),
    path("profile/", profiles.Profile.as_view(), name="profile"),
    path("theme/", profiles.theme, name="theme"),
    path("email/", profiles.Email.as_view(), name="email"),
    path("tokens/", credentials.CreateToken.as_view(), name="tokens"),
    path("tokens/<int:token_id>/revoke/", credentials.revoke_token, name="revoke_token"),
    path("sessions/end/", credentials.sign_out_elsewhere, name="sign_out_elsewhere"),
    path("sessions/<slug:public_id>/end/", credentials.sign_out, name="sign_out"),
    path("data/", personal_data.export, name="data"),
    path("delete/", account_deletion.DeleteAccount.as_view(), name="delete_account"),
    path("password_change/", accounts.ChangePasswordView.as_view(), name="password_change"),
    path("password_change/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("password_reset/", accounts.RequestResetView.as_view(), name="password_reset"),
    path("password_reset/done/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("reset/<uidb64>/<token>/", accounts.SetPasswordView.as_view(), name="password_reset_confirm"),
    path("reset/done/", auth.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
]

urlpatterns = [
    path("", rooms.home, name="home"),
    path("join/", accounts.Join.as_view(), name="join"),
    path("rooms/", rooms.CreateRoom.as_view(), name="rooms"),
    path("rooms/<room_slug:slug>/", rooms.room, name="room"),
    path("rooms/<room_slug:slug>/settings/", room_settings.RoomSettings.as_view(), name="room_settings"),
    path("rooms/<room_slug:slug>/delete/", room_settings.DeleteRoom.as_view(), name="delete_room"),
    path("search/", search.search, name="search"),
    path("activity/", activity.activity, name="activity"),
    path("saved/", activity.saved, name="saved"),
    path("rooms/<room_slug:slug>/qr.svg", invitations.qr, name="room_qr"),
    path("accounts/", include(account_patterns)),
    path("emoji/<slug:version>.json", emojis.names, name="emoji_names"),
    path("api/", include("chat.api.urls")),
    path("branding/accent.css", branding.accent, name="accent"),
    path("branding/logo", branding.logo, name="logo"),
    path("manifest.webmanifest", manifest.manifest, name="manifest"),
    path("favicon.ico", manifest.favicon, name="favicon"),
    path("csp-report/", csp_reports.violation, name="csp_report"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
