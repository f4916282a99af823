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
    item.querySelectorAll("[data-outcome]").forEach((button) => {
      button.addEventListener("click", () => this.#ask(item, id, button));
    });
    return item;
  }

  // Replace the buttons of the report by the question whether to do what `button` says.
  #ask(item, id, button) {
    const [answers, asking] = ["[data-answers]", "[data-asking]"].map((it) => item.querySelector(it));
    const confirm = asking.querySelector("[data-confirm]");
    asking.querySelector("[data-question-text]").textContent = button.dataset.question;
    asking.setAttribute("aria-label", button.dataset.question);
    confirm.textContent = button.textContent.replace("…", "");
    confirm.classList.toggle("danger", button.classList.contains("danger"));
    confirm.onclick = () => this.#resolve(id, button.dataset, confirm);
    asking.querySelector("[data-cancel]").onclick = () => {
      [answers.hidden, asking.hidden] = [false, true];
      button.focus();
    };
    [answers.hidden, asking.hidden] = [true, false];
    confirm.focus();
  }

  async #resolve(id, { outcome, seconds }, confirm) {
    confirm.disabled = true;
    try {
      await this.#api.resolve(id, { outcome, seconds: seconds ? Number(seconds) : null });
      await this.show();
      // The focused button is gone with its report.
      this.#list.closest("dialog").querySelector("[data-link], button").focus();
    } catch (refusal) {
      this.#note.textContent = refusal.message;
      confirm.disabled = false;
    }
  }
}
