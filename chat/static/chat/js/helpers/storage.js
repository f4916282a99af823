// Local storage that is never in the way: where the browser refuses it or it is full, things are kept in memory and
// live as long as the page.

const memory = new Map();

export function load(key) {
  try {
    const text = globalThis.localStorage.getItem(key);
    return text === null ? memory.get(key) : JSON.parse(text);
  } catch {
    return memory.get(key);
  }
}

export function save(key, value) {
  memory.set(key, value);
  try {
    globalThis.localStorage.setItem(key, JSON.stringify(value));
  } catch {
    return false;
  }
  return true;
}

export function remove(key) {
  memory.delete(key);
  try {
    globalThis.localStorage.removeItem(key);
  } catch {
    return false;
  }
  return true;
}

export function keysUnder(prefix) {
  const keys = new Set(memory.keys());
  try {
    Object.keys(globalThis.localStorage).forEach((key) => keys.add(key));
  } catch {
    // Only what is in memory, then.
  }
  return [...keys].filter((key) => key.startsWith(prefix));
}
