// Keeps the desk's live page up to date: asks for the page again and takes the middle of it.

const EVERY_MS = 5_000;

const box = document.querySelector("[data-live-on]");
setInterval(() => box.checked && document.visibilityState === "visible" && refresh(), EVERY_MS);

// Not `fetch`: only this gives a document without a string that is made into one, which the page's policy may forbid.
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
