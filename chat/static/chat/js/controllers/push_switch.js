// The part of the bell menu for notifications while the chat is closed: on, off, and a test.

const SENT = "Sent. It should arrive within a minute.";
const NOT_SAVED = "Couldn’t save. Try again.";

export class PushSwitch {
  #box;
  #test;
  #steps;
  #note;
  #device;

  constructor(form, { device, note }) {
    this.#box = form.elements.push;
    this.#test = form.querySelector("[data-push-test]");
    this.#steps = form.querySelector("[data-push-steps]");
    this.#note = note;
    this.#device = device;
  }

  connect() {
    this.#box.addEventListener("change", () => this.#change(this.#box.checked));
    this.#test.addEventListener("click", () => this.#act(() => this.#device.test(), SENT));
  }

  async show() {
    const { isSupported } = this.#device;
    this.#box.disabled = !isSupported;
    this.#box.checked = isSupported && (await this.#device.isOn(this.#box.dataset.key));
    this.#test.hidden = !this.#box.checked;
    this.#steps.hidden = !needsHomeScreen();
  }

  #change(isOn) {
    const { key } = this.#box.dataset;
    return this.#act(() => (isOn ? this.#device.turnOn(key) : this.#device.turnOff()), "");
  }

  async #act(act, done) {
    this.#box.disabled = this.#test.disabled = true;
    let said = done;
    try {
      await act();
    } catch (error) {
      console.warn("Push notifications could not be changed.", error);
      said = error.name === "PushError" ? error.message : NOT_SAVED;
    }
    this.#test.disabled = false;
    await this.show();
    this.#note.textContent = said;
  }
}

// iPhones and iPads have push notifications only for sites on the home screen.
function needsHomeScreen() {
  return navigator.standalone === false && !globalThis.PushManager;
}
