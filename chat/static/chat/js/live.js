// Refreshes the admin's live page: fetches the page again and replaces its main part.

const EVERY_MS = 5_000;

const box = document.querySelector("[data-live-on]");
setInterval(() => box.checked && document.visibilityState === "visible" && refresh(), EVERY_MS);

// Not `fetch`: only XMLHttpRequest parses a document itself, and Trusted Types may forbid parsing a string.
function refresh() {
  const request = new XMLHttpRequest();
  request.open("GET", location.href);
  request.responseType = "document";
  request.onload = () => {
    const fresh = request.response?.querySelector("[data-live]");
    if (fresh) {
      document.querySelector("[data-live]").replaceWith(document.importNode(fresh, true));
    }
  };
  request.send();
}
