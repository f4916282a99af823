// The picture of the profile: makes a chosen file small before it is sent, and shows the picture when it is ready.

// The server makes a square of 256 pixels. Twice as many leave it something to scale.
const SIDE = 512;
const LOOK_MS = 1000;
const LOOKS = 60;

export class PictureForm {
  #form;
  #input;
  #note;

  constructor(root) {
    this.#form = root.querySelector("[data-picture-form]");
    this.#input = this.#form?.elements.picture;
    this.#note = root.querySelector("[data-picture-upload]");
  }

  connect() {
    if (this.#form) {
      this.#form.querySelector("button").hidden = true;
      this.#input.addEventListener("change", () => this.#input.files.length && this.#send(this.#input.files[0]));
    }
    if (this.#note) {
      this.#note.textContent = "Your picture is being prepared…";
      this.#wait(LOOKS);
    }
  }

  async #send(file) {
    try {
      const small = new DataTransfer();
      small.items.add(await square(file));
      this.#input.files = small.files;
    } catch (error) {
      console.warn("The browser cannot scale the picture. The server gets it as it is.", error);
    }
    this.#form.requestSubmit();
  }

  // The upload is gone when the picture is ready. A refused one says why on the page.
  async #wait(looks) {
    const answer = await fetch(`/api/files/${this.#note.dataset.pictureUpload}/`, { cache: "no-store" }).catch(() => null);
    if (answer?.status === 404) {
      location.replace(`${location.pathname}#picture`);
    } else if (answer?.ok && (await answer.json()).file.state === "refused") {
      location.reload();
    } else if (looks) {
      setTimeout(() => this.#wait(looks - 1), LOOK_MS);
    } else {
      this.#note.textContent = "Your picture takes longer than usual. Reload this page later to see it.";
    }
  }
}

// Return the square in the center of a picture, as a small file.
async function square(file) {
  const image = await createImageBitmap(file);
  const side = Math.min(image.width, image.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(side, SIDE);
  const [left, top] = [(image.width - side) / 2, (image.height - side) / 2];
  canvas.getContext("2d").drawImage(image, left, top, side, side, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 0.9));
  return new File([blob], "picture", { type: blob.type });
}
