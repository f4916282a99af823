// Runs one request at a time, for what is typed: the latest wins.

// Return a function that calls `act` with its argument, and again while a later call has asked for something else.
export function latest(act) {
  let wanted;
  let running = null;
  const run = async () => {
    let asked;
    do {
      asked = wanted;
      await act(asked);
    } while (asked !== wanted);
  };
  return (argument) => {
    wanted = argument;
    running ??= run().finally(() => (running = null));
    return running;
  };
}
