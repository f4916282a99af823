// Local storage. If the browser refuses it or it is full, values are kept in memory until the page is closed.

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
    // Local storage isn't available; use the keys in memory.
  }
  return [...keys].filter((key) => key.startsWith(prefix));
}
