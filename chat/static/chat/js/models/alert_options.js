// The notification settings of this browser, shared by all tabs. Both are off until the user turns them on.

import { load, save } from "../helpers/storage.js";

const KEY = "chat.alerts";

export class AlertOptions {
  get desktop() {
    return Boolean(load(KEY)?.desktop);
  }

  get sound() {
    return Boolean(load(KEY)?.sound);
  }

  get any() {
    return this.desktop || this.sound;
  }

  set(option, isOn) {
    save(KEY, { ...load(KEY), [option]: isOn });
  }
}
