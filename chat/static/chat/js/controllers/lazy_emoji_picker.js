// Loads the code of the emoji picker on first use.

export class LazyEmojiPicker {
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

  // `article`: the message that is reacted to. Its buttons stay visible while the picker is open.
  async open(anchor, pick, article = null) {
    this.#deactivate();
    this.#article = article;
    article?.setAttribute("data-active", "");
    try {
      const picker = await this.#load();
      await picker.open(anchor, pick);
    } catch {
      this.#deactivate();
      this.#notices.say("Couldn’t load emoji. Try again when you’re back online.");
    }
  }

  async #load() {
    const { EmojiPicker } = await import("./emoji_picker.js");
    this.#picker ??= new EmojiPicker(this.#root, this.#names).connect(() => this.#deactivate());
    return this.#picker;
  }

  #deactivate() {
    this.#article?.removeAttribute("data-active");
    this.#article = null;
  }
}
