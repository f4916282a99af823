// The way to the emoji picker, whose code comes only when somebody wants it.

export class PickerDoor {
  #root;
  #names;
  #notices;
  #picker = null;
  #article = null;

  constructor(root, { names, notices }) {
    this.#root = root;
    this.#names = names;
    this.#notices = notices;
  }

  // `article`: the message it is about, whose buttons stay in view meanwhile.
  async open(anchor, pick, article = null) {
    this.#letGo();
    this.#article = article;
    article?.setAttribute("data-active", "");
    try {
      const picker = await this.#load();
      await picker.open(anchor, pick);
    } catch {
      this.#letGo();
      this.#notices.say("The emoji could not be loaded. Try again when the connection is back.");
    }
  }

  async #load() {
    const { EmojiPicker } = await import("./emoji_picker.js");
    this.#picker ??= new EmojiPicker(this.#root, this.#names).connect(() => this.#letGo());
    return this.#picker;
  }

  #letGo() {
    this.#article?.removeAttribute("data-active");
    this.#article = null;
  }
}
