// Switches between light, dark and system theme, immediately and in all tabs. The cookie tells the server how to render
// the next page, so the choice holds even if it can't be saved in the profile, which other browsers follow.

import { save } from "../helpers/storage.js";

const KEY = "chat.theme";
const THEMES = ["light", "dark", "system"];
const YEAR_SECONDS = 365 * 24 * 60 * 60;

export class ThemeSwitch {
  #root;
  #csrfToken;
  #form;

  constructor(root, csrfToken) {
    this.#root = root;
    this.#csrfToken = csrfToken;
    this.#form = root.querySelector("[data-theme-form]");
  }

  connect() {
    this.#form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#choose(event.submitter.value);
    });
    window.addEventListener("storage", ({ key, newValue }) => {
      const theme = key === KEY && newValue && JSON.parse(newValue);
      if (THEMES.includes(theme)) {
        this.#show(theme);
      }
    });
  }

  #choose(theme) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`;
    save(KEY, theme);
    this.#show(theme);
    this.#saveInProfile(theme);
  }

  async #saveInProfile(theme) {
    try {
      await this.#csrfToken.current();
      const form = new FormData(this.#form);
      form.set("theme", theme);
      const answer = await fetch(this.#form.action, { method: "POST", body: form, keepalive: true });
      if (!answer.ok) {
        throw new Error(`The server answered ${answer.status}.`);
      }
    } catch (error) {
      console.warn("The theme is set in this browser but could not be saved in the profile.", error);
    }
  }

  #show(theme) {
    this.#root.documentElement.dataset.theme = theme;
    for (const button of this.#form?.elements.theme ?? []) {
      button.setAttribute("aria-pressed", button.value === theme);
    }
    const [light, dark] = this.#root.querySelectorAll("[data-theme-color]");
    light.content = (theme === "dark" ? dark : light).dataset.themeColor;
    dark.content = (theme === "light" ? light : dark).dataset.themeColor;
  }
}
