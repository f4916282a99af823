// What is said about an upload.

export function percentOf({ offset = 0, size }) {
  return Math.floor((100 * offset) / size);
}

export function progressOf(file) {
  const { state, detail, problem } = file;
  const sentences = {
    waiting: "Waiting…",
    uploading: problem ? `${problem} Trying again…` : `Uploading, ${percentOf(file)}\u00a0%`,
    done: "",
    failed: detail,
    missing: "Choose this file again to go on.",
  };
  return sentences[state];
}
