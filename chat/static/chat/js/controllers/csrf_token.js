// Django's CSRF token for the forms and requests of a page. It changes when someone signs in, also in another tab. The
// page then fetches the new one, unless another person is signed in now: what stands here must not be sent in their name.

import { sessionMark } from "./session_mark.js";

const TIMEOUT_MS = 15_000;
const NO_ANSWER = "No connection. Try again when you’re back online.";
const ANOTHER_PERSON = "You’re signed in with another account now. Reload the page to use it.";
// A page for everyone with a form. It redirects people who are signed in.
const ANY_PAGE = "/accounts/login/";
const FIELD = "[name=csrfmiddlewaretoken]";

export class CsrfToken {
  #root;
  #cookie;

  constructor(root) {
    this.#root = root;
    this.#cookie = sessionMark();
  }

  // Keep the forms of the page valid.
  connect() {
    this.#root.addEventListener("submit", (event) => this.#beforeSubmit(event));
  }

  // Return the token for a request. Throws an Error whose message is for the user.
  async current() {
    if (this.#isStale) {
      await this.#renew();
    }
    return this.#root.querySelector(FIELD).value;
  }

  get #isStale() {
    return sessionMark() !== this.#cookie;
  }

  async #beforeSubmit(event) {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || !form.elements.csrfmiddlewaretoken || !this.#isStale) {
      return;
    }
    event.preventDefault();
    try {
      await this.#renew();
    } catch (error) {
      this.#say(form, error.message);
      return;
    }
    form.requestSubmit(submitter);
  }

  async #renew() {
    const cookie = sessionMark();
    const page = await fetchPage(ANY_PAGE);
    const [here, there] = [this.#root, page].map((each) => each.querySelector("[data-account]")?.dataset.author);
    if (here && there && here !== there) {
      throw new Error(ANOTHER_PERSON);
    }
    const token = page.querySelector(FIELD)?.value;
    if (!token) {
      throw new Error(NO_ANSWER);
    }
    this.#root.querySelectorAll(FIELD).forEach((field) => (field.value = token));
    this.#cookie = cookie;
  }

  #say(form, sentence) {
    const note = form.querySelector("[data-refusal]") ?? form.appendChild(this.#root.createElement("p"));
    note.className = "form-errors errorlist";
    note.setAttribute("role", "alert");
    note.setAttribute("data-refusal", "");
    note.textContent = sentence;
  }
}

// Not `fetch`: only XMLHttpRequest parses a document itself, and Trusted Types may forbid parsing a string.
function fetchPage(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = () => reject(new Error(NO_ANSWER));
    request.open("GET", address);
    request.responseType = "document";
    request.timeout = TIMEOUT_MS;
    request.onload = () => (request.response ? resolve(request.response) : fail());
    request.onerror = request.ontimeout = fail;
    request.send();
  });
}
