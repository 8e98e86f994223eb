/** Levels of lists and objects that JSON in a record may have. Writing it recurses, so this also bounds the call stack. */
export const nestingMax = 500;

/** Whether `value`, which was parsed from `text`, has more levels than {@link nestingMax}. Short texts cost nothing. */
export function isNestedTooDeep(text: string, value: unknown): boolean {
  if (text.length <= 2 * nestingMax || !opensTooMany(text)) return false;
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > nestingMax) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

/** Brackets in strings count too, so a yes is only a suspicion; most values are settled here. */
function opensTooMany(text: string): boolean {
  let opened = 0;
  // Searching for a character is far cheaper than looking at each.
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++opened > nestingMax) return true;
    }
  }
  return false;
}
