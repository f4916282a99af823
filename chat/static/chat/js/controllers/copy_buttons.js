// Buttons that copy the value of the field named in `data-copies`, and confirm it.

const CONFIRMATION_MS = 2_000;

export class CopyButtons {
  #root;

  constructor(root) {
    this.#root = root;
  }

  connect() {
    this.#root.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-copies]");
      if (button) {
        this.#copy(button);
      }
    });
  }

  async #copy(button) {
    const field = this.#root.getElementById(button.dataset.copies);
    field.select();
    const isCopied = await this.#write(field.value);
    this.#say(button, isCopied ? "Copied" : "Press Ctrl+C");
  }

  // The Clipboard API exists only in secure contexts. Elsewhere the selection is copied, by the browser or by the user.
  async #write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return this.#root.execCommand("copy");
    }
  }

  #say(button, words) {
    const label = button.querySelector("[data-copies-text]");
    button.dataset.label ??= label.textContent;
    label.textContent = words;
    setTimeout(() => (label.textContent = button.dataset.label), CONFIRMATION_MS);
  }
}
