// A text that changes with each sign-in in this browser: Django's CSRF cookie.

export function sessionMark() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";
}
