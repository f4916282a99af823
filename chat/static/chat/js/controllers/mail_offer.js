// Offers emails about missed messages until the user has chosen, in any browser. Loaded at the first missed mention.

import { fetchJson } from "../models/fetch_json.js";

const ADDRESS = "/api/notifications/";
const TIMEOUT_MS = 15_000;
const NOT_SAVED = "Couldn’t save. Try again.";

export class MailOffer {
  #root;
  #csrfToken;
  #bar;

  constructor(root, csrfToken) {
    this.#root = root;
    this.#csrfToken = csrfToken;
  }

  // Rejects if the server can't be reached. The next page asks again.
  async connect() {
    const { mail } = await fetchJson(ADDRESS);
    if (mail.available && !mail.chosen) {
      this.#show();
    }
  }

  #show() {
    const text = this.#make("p", "", "Want an email when you miss a mention or a direct message?");
    text.setAttribute("role", "status");
    const choose = this.#make("a", "quiet-link", "Set up emails");
    choose.href = "/accounts/profile/#away";
    const decline = this.#make("button", "quiet-link", "No thanks");
    decline.type = "button";
    decline.addEventListener("click", () => this.#decline(decline, text));
    this.#bar = this.#make("div", "connection mail-offer", "");
    this.#bar.append(text, choose, decline);
    this.#root.querySelector("[data-connection]").after(this.#bar);
  }

  #make(tag, className, text) {
    return Object.assign(this.#root.createElement(tag), { className, textContent: text });
  }

  async #decline(button, text) {
    button.disabled = true;
    try {
      await this.#save({ mail: { level: "nothing" } });
      this.#bar.remove();
    } catch (error) {
      console.warn("The choice of emails could not be saved.", error);
      text.textContent = NOT_SAVED;
      button.disabled = false;
    }
  }

  async #save(choices) {
    const answer = await fetch(ADDRESS, {
      method: "PUT",
      body: JSON.stringify(choices),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { "Content-Type": "application/json", "X-CSRFToken": await this.#csrfToken.current() },
    });
    if (!answer.ok) {
      throw new Error(`The server answered ${answer.status}.`);
    }
  }
}
