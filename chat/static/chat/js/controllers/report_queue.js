// The open reports of the room, oldest first, each with its possible resolutions.

export class ReportQueue {
  #list;
  #note;
  #count;
  #template;
  #api;

  constructor(root, { api }) {
    this.#list = root.querySelector("[data-reports]");
    this.#note = root.querySelector("[data-reports-note]");
    this.#count = root.querySelector("[data-reports-count]");
    this.#template = root.getElementById("report-template");
    this.#api = api;
  }

  async show() {
    try {
      const { reports, more } = await this.#api.reports();
      this.#list.replaceChildren(...reports.map((report) => this.#item(report)));
      this.#note.textContent = reports.length ? "" : "No open reports";
      this.#count.textContent = reports.length ? ` ${reports.length}${more ? "+" : ""}` : "";
    } catch (refusal) {
      this.#note.textContent = refusal.message;
    }
  }

  #item({ id, message, quote, reason, reporter }) {
    const item = this.#template.content.firstElementChild.cloneNode(true);
    item.querySelector("[data-author]").textContent = message.author?.name ?? "Chat";
    item.querySelector("[data-quote]").textContent = quote;
    item.querySelector("[data-reporter]").textContent = reporter?.name ?? "Someone";
    item.querySelector("[data-reason]").textContent = reason;
    const link = item.querySelector("[data-link]");
    link.href = `#${message.seq}`;
    link.addEventListener("click", () => link.closest("dialog").close());
    item.addEventListener("click", ({ target }) => this.#resolve(id, target.closest("[data-outcome]")));
    return item;
  }

  async #resolve(id, button) {
    if (!button) {
      return;
    }
    const { outcome, seconds } = button.dataset;
    button.disabled = true;
    try {
      await this.#api.resolve(id, { outcome, seconds: seconds ? Number(seconds) : null });
      await this.show();
    } catch (refusal) {
      this.#note.textContent = refusal.message;
      button.disabled = false;
    }
  }
}
