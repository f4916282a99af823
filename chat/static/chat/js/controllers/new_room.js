// The dialog that creates a room. Its form is the one of the page with the same address, and its errors come as JSON.

const TIMEOUT_MS = 15_000;
const NO_ANSWER = "No connection. Try again when you’re back online.";

export class NewRoom {
  #dialog;
  #csrfToken;
  #form = null;

  constructor(root, csrfToken) {
    this.#dialog = root.getElementById("new-room");
    this.#csrfToken = csrfToken;
  }

  // People who can't create rooms have no dialog.
  connect() {
    this.#dialog?.addEventListener("opened", () => this.#open());
  }

  #open() {
    if (!this.#form) {
      const template = this.#dialog.querySelector("[data-new-room]");
      this.#form = template.content.firstElementChild;
      template.replaceWith(this.#form);
      this.#form.addEventListener("submit", (event) => this.#submit(event));
    }
    this.#form.elements.name.focus();
  }

  async #submit(event) {
    event.preventDefault();
    const button = this.#form.querySelector("[data-submit]");
    button.disabled = true;
    this.#show({});
    try {
      await this.#send();
    } finally {
      button.disabled = false;
    }
  }

  async #send() {
    let answer;
    try {
      this.#form.elements.csrfmiddlewaretoken.value = await this.#csrfToken.current();
      answer = await this.#post();
    } catch (refusal) {
      this.#show({ __all__: [refusal.message] });
      return;
    }
    const { address, errors } = await answer.json().catch(() => ({}));
    if (address) {
      window.location.assign(address);
    } else if (errors) {
      this.#show(errors);
    } else {
      // An answer for people, such as the request to sign in.
      this.#form.submit();
    }
  }

  async #post() {
    try {
      return await fetch(this.#form.action, {
        method: "POST",
        body: new FormData(this.#form),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: { Accept: "application/json" },
      });
    } catch (error) {
      throw new Error(NO_ANSWER, { cause: error });
    }
  }

  // Show the errors of each field below it, and those of the form above its button.
  #show({ __all__: general = [], ...fields }) {
    for (const element of this.#form.querySelectorAll(".errorlist")) {
      element.remove();
    }
    for (const input of this.#form.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
    Object.entries(fields).forEach(([name, sentences]) => this.#showOn(name, sentences));
    const note = this.#form.querySelector("[data-form-error]");
    note.textContent = general.join(" ");
    note.hidden = general.length === 0;
    this.#form.querySelector("[aria-invalid]")?.focus();
  }

  #showOn(name, sentences) {
    const field = this.#form.elements[name];
    const input = field instanceof RadioNodeList ? field[0] : field;
    const note = this.#form.ownerDocument.createElement("p");
    note.className = "errorlist";
    note.id = `new-room-${name}-error`;
    note.textContent = sentences.join(" ");
    input.closest(".field").append(note);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", note.id);
  }
}
