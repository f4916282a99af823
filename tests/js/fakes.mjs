// Fakes for the tests of the models.

export class FakeSocket extends EventTarget {
  isOpen = true;
  sent = [];

  send(frame) {
    if (this.isOpen) {
      this.sent.push(frame);
    }
    return this.isOpen;
  }

  receive(frame) {
    this.dispatchEvent(new CustomEvent(frame.type, { detail: frame }));
  }

  // Connect as the real socket does: the state changes before the frame is dispatched.
  open() {
    this.isOpen = true;
    this.state = { name: "open" };
    this.dispatchEvent(new CustomEvent("state", { detail: this.state }));
    this.receive({ type: "hello" });
  }

  // The server never lets this page in again.
  end(detail) {
    this.isOpen = false;
    this.isEnded = true;
    this.state = { name: "refused", code: 4403, detail };
    this.dispatchEvent(new CustomEvent("state", { detail: this.state }));
  }
}

// Answers each URL with the value of `answers(url)`, and returns the requested URLs.
export function fakeFetch(t, answers) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (address) => {
    asked.push(address);
    const answer = answers(address);
    return { ok: answer !== undefined, status: answer === undefined ? 503 : 200, json: async () => answer };
  });
  return asked;
}
