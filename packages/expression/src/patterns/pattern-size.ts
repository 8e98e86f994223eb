/**
 * About how many steps the machine of a pattern will have, found without building it: a short pattern can repeat itself into a huge one,
 * `(?:(?:abc){1000}){1000}`. Never less than the parts that are written out and repeated.
 */
export function estimatedSize(pattern: string): number {
  /** The sizes of the groups that are open, the whole pattern first. */
  const groups = [0];
  let atom = 0;
  const add = (size: number): void => {
    groups.push((groups.pop() ?? 0) + size);
    atom = size;
  };
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === '\\') {
      at++;
      add(1);
    } else if (char === '[') {
      at = endOfClass(pattern, at);
      add(1);
    } else if (char === '(') {
      groups.push(2);
    } else if (char === ')') {
      const size = groups.length > 1 ? (groups.pop() ?? 0) : 0;
      add(size);
    } else if (char === '{') {
      const repeat = /^\{(\d+)(?:,(\d*))?\}/.exec(pattern.slice(at, at + 16));
      if (repeat) {
        const times = Math.max(Number(repeat[1]), Number(repeat[2] ?? 0), 1);
        add(atom * (times - 1));
        atom *= times;
        at += repeat[0].length - 1;
      } else {
        add(1);
      }
    } else if (!'*+?|'.includes(char)) {
      add(1);
    }
  }
  return groups.reduce((total, size) => total + size, 0);
}

/** The place of the bracket that closes a character class. */
function endOfClass(pattern: string, open: number): number {
  let at = open + 1;
  if (pattern.charAt(at) === '^') at++;
  // A closing bracket that comes first is one of the characters.
  if (pattern.charAt(at) === ']') at++;
  for (; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === '\\') at++;
    else if (char === ']') return at;
    else if (pattern.startsWith('[:', at)) at = Math.max(at, pattern.indexOf(':]', at) + 1);
  }
  return at;
}
