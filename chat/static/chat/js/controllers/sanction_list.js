// The people who are muted or banned in the room, each with a button that ends it.

const KINDS = [
  { only: "banned", undo: "unban", label: "Unban", why: (member) => `is banned${because(member.ban_reason)}` },
  { only: "muted", undo: "unmute", label: "Unmute", why: (member) => `is muted${because(member.mute_reason)}` },
];

export class SanctionList {
  #list;
  #note;
  #template;
  #api;

  constructor(root, { api }) {
    this.#list = root.querySelector("[data-sanctions]");
    this.#note = root.querySelector("[data-sanctions-note]");
    this.#template = root.getElementById("sanction-template");
    this.#api = api;
  }

  async show() {
    try {
      const found = await Promise.all(KINDS.map(async (kind) => {
        const { people } = await this.#api.sanctioned(kind.only);
        return people.map((member) => this.#item(member, kind));
      }));
      this.#list.replaceChildren(...found.flat());
      this.#note.textContent = found.flat().length ? "" : "No one is muted or banned.";
    } catch (refusal) {
      this.#note.textContent = refusal.message;
    }
  }

  #item(member, { undo, label, why }) {
    const item = this.#template.content.firstElementChild.cloneNode(true);
    item.querySelector("[data-author]").textContent = member.person.name;
    item.querySelector("[data-reason]").textContent = why(member);
    const button = item.querySelector("[data-undo]");
    button.textContent = label;
    button.setAttribute("aria-label", `${label}: ${member.person.name}`);
    button.addEventListener("click", () => this.#undo(member.person.id, undo));
    return item;
  }

  async #undo(personId, operation) {
    try {
      await this.#api.impose(personId, operation, {});
      await this.show();
    } catch (refusal) {
      this.#note.textContent = refusal.message;
    }
  }
}

function because(reason) {
  return reason ? `: ${reason}` : ".";
}
