const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** The key that goes with letters: `⌘` on a Mac, else `Ctrl`. */
export function withModKey(keys: string): string {
  return isMac ? keys.replace('Ctrl', '⌘') : keys;
}
