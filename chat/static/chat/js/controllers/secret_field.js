// A secret that is shown once. The button copies it, or selects it on plain HTTP, where there is no Clipboard API.

const COPIED = "Copied";
const SELECTED = "Selected. Copy it with your keyboard.";

export class SecretField {
  #input;
  #button;
  #status;

  constructor(field) {
    this.#input = field.querySelector("[data-secret]");
    this.#button = field.querySelector("[data-secret-copy]");
    this.#status = field.querySelector("[data-secret-status]");
  }

  connect() {
    this.#button.hidden = false;
    this.#button.addEventListener("click", () => this.#copy());
    this.#input.addEventListener("focus", () => this.#input.select());
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#input.value);
      this.#status.textContent = COPIED;
    } catch {
      this.#input.focus();
      this.#input.select();
      this.#status.textContent = SELECTED;
    }
  }
}
