// Draws a small version of a picture that the user has chosen. A canvas needs no address, which the Content Security
// Policy would have to allow.

const WIDEST = 720;
const HIGHEST = 540;

// Return a promise of { canvas, width, height } with the size of the picture, or of null if the browser can't read it.
export async function drawThumbnail(blob) {
  try {
    const whole = await createImageBitmap(blob);
    const { width, height } = whole;
    const scale = Math.min(1, WIDEST / width, HIGHEST / height);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
    whole.close();
    return { canvas, width, height };
  } catch {
    return null;
  }
}
