// The name, topic and visibility of the room, which its owners may change while others have it open.

export class RoomDetails {
  #root;
  #socket;

  constructor(root, { socket }) {
    this.#root = root;
    this.#socket = socket;
  }

  connect() {
    const take = ({ detail }) => this.#show(detail.standing);
    this.#socket.addEventListener("hello", take);
    this.#socket.addEventListener("standing", take);
  }

  // An older server sends no name.
  #show({ name, topic, visibility }) {
    if (name) {
      this.#showName(name, visibility === "direct" ? "" : "#");
      this.#showTopic(name, topic, visibility);
      this.#root.querySelector("[data-room-name-button]").dataset.visibility = visibility;
      this.#root.querySelectorAll("[data-invite-note]").forEach((note) => (note.dataset.inviteNote = visibility));
    }
  }

  #showName(name, sign) {
    for (const element of this.#root.querySelectorAll("[data-room-name]")) {
      setText(element, name);
    }
    this.#root.querySelector("[data-room-name-button]").title = name;
    this.#root.querySelector("[data-text]").placeholder = `Message ${sign}${name}`;
    this.#root.querySelector("[data-log]").setAttribute("aria-label", `Messages in ${name}`);
  }

  // A direct conversation has no topic, and its beginning names the people.
  #showTopic(name, topic, visibility) {
    if (visibility === "direct") {
      return;
    }
    const line = this.#root.querySelector("[data-room-topic]");
    setText(line, topic);
    line.hidden = !topic;
    setText(this.#root.querySelector("[data-room-beginning]"), topic || `This is the beginning of ${name}.`);
  }
}

function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
    if (element.hasAttribute("title")) {
      element.title = text;
    }
  }
}
