// The files of the message that is being written, above its text: thumbnail, progress, description, Retry, Remove.

import { progressOf, percentOf } from "../helpers/upload_progress.js";
import { shortSize } from "../helpers/sizes.js";
import { isolated, plural } from "../helpers/text.js";
import { canvases } from "./file_list.js";

export class Chips {
  #root;
  #list;
  #uploads;
  #ask;
  #say;
  #onChange;
  #focus;
  // The states that were announced, by the id of the file.
  #announced = new Map();

  // `ask` lets the user choose a file again. `say` announces a sentence. `focus` moves the focus to the text.
  constructor(root, form, { uploads, ask, say, onChange, focus }) {
    this.#root = root;
    this.#list = form.querySelector("[data-chips]");
    this.#uploads = uploads;
    this.#ask = ask;
    this.#say = say;
    this.#onChange = onChange;
    this.#focus = focus;
  }

  connect() {
    this.#uploads.addEventListener("changed", ({ detail }) => this.#show(detail));
    this.#uploads.addEventListener("removed", ({ detail }) => this.#remove(detail.id));
    this.#list.addEventListener("click", ({ target }) => this.#act(target.closest("[data-chip-do]")));
    this.#list.addEventListener("change", ({ target }) => this.#describe(target));
    this.#list.addEventListener("keydown", (event) => this.#press(event));
  }

  #show(file) {
    if (file.clientId) {
      this.#remove(file.id);
      return;
    }
    const chip = this.#chip(file.id) ?? this.#add(file);
    const progress = progressOf(file);
    chip.dataset.state = file.state;
    part(chip, "note").textContent = [shortSize(file.size), progress].filter(Boolean).join(" · ");
    Object.assign(part(chip, "progress"), { hidden: file.state !== "uploading", value: percentOf(file) });
    const isStopped = ["failed", "missing"].includes(file.state);
    part(chip, "retry").hidden = !isStopped;
    part(chip, "retry").textContent = file.state === "missing" ? "Choose again" : "Retry";
    part(chip, "describe").hidden = file.kind !== "image" || isStopped;
    part(chip, "describe").textContent = file.alt ? "Edit description" : "Describe";
    this.#draw(chip, canvases.get(file.id));
    this.#announce(file);
    this.#onChange();
  }

  #add(file) {
    const chip = this.#root.getElementById("chip-template").content.firstElementChild.cloneNode(true);
    const name = isolated(file.name);
    chip.dataset.chip = file.id;
    part(chip, "name").textContent = file.name;
    part(chip, "progress").setAttribute("aria-label", `Upload of ${name}`);
    part(chip, "remove").setAttribute("aria-label", `Remove ${name}`);
    part(chip, "retry").setAttribute("aria-description", file.name);
    part(chip, "describe").setAttribute("aria-description", file.name);
    part(chip, "alt").value = file.alt;
    this.#list.append(chip);
    this.#list.hidden = false;
    return chip;
  }

  #draw(chip, canvas) {
    if (canvas && !canvas.isConnected) {
      part(chip, "picture").replaceChildren(canvas);
    }
  }

  // Progress is read on request. Only what needs attention, and the end, are announced.
  #announce({ id, state, name, detail }) {
    if (this.#announced.get(id) === state) {
      return;
    }
    this.#announced.set(id, state);
    const files = this.#uploads.draft;
    if (state === "failed" || state === "missing") {
      this.#say(`${isolated(name)} isn’t uploaded. ${detail ?? "Choose it again to go on."}`);
    } else if (state === "done" && files.every((file) => file.isDone)) {
      this.#say(`${files.length > 1 ? plural(files.length, "file") : isolated(name)} ready to send.`);
    }
  }

  #act(button) {
    const id = button?.closest("[data-chip]").dataset.chip;
    const acts = {
      remove: () => this.#cancel(id),
      retry: () => (this.#uploads.get(id).state === "missing" ? this.#ask(id) : this.#uploads.retry(id)),
      describe: () => this.#toggleField(this.#chip(id)),
    };
    acts[button?.dataset.chipDo]?.();
  }

  // The focus moves to the next file, or to the text.
  #cancel(id) {
    const chip = this.#chip(id);
    const next = chip.nextElementSibling ?? chip.previousElementSibling;
    const name = part(chip, "name").textContent;
    this.#uploads.cancel(id);
    this.#say(`${isolated(name)} removed.`);
    if (next) {
      part(next, "remove").focus();
    } else {
      this.#focus();
    }
  }

  #toggleField(chip) {
    const box = part(chip, "description");
    box.hidden = !box.hidden;
    part(chip, "describe").setAttribute("aria-expanded", String(!box.hidden));
    (box.hidden ? part(chip, "describe") : part(chip, "alt")).focus();
  }

  async #describe(field) {
    const { chip: id } = field.closest("[data-chip]").dataset;
    try {
      await this.#uploads.describe(id, field.value.trim());
    } catch (error) {
      this.#say(`The description isn’t saved. ${error.message}`);
    }
  }

  // Enter and Esc close the description. Enter would send the message.
  #press(event) {
    if (event.target.matches("[data-chip-alt]") && ["Enter", "Escape"].includes(event.key) && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      this.#toggleField(event.target.closest("[data-chip]"));
    }
  }

  #remove(id) {
    this.#announced.delete(id);
    this.#chip(id)?.remove();
    this.#list.hidden = this.#list.childElementCount === 0;
    this.#onChange();
  }

  #chip(id) {
    return this.#list.querySelector(`[data-chip="${id}"]`);
  }
}

function part(chip, name) {
  return chip.querySelector(`[data-chip-${name}], [data-chip-do="${name}"]`);
}
