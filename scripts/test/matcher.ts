// What a pattern of npm test matches: paths and test names that contain it, upper and lower case alike.

/**
 * Matches text that contains `pattern`, upper and lower case alike. Quotes around words are optional, because vitest quotes the values in
 * names like "$name". The result has no flags, so its source can be passed on as a string.
 */
export function matcher(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const anyCase = escaped.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
  return new RegExp(anyCase.replaceAll(" ", "'? '?"));
}

/** Whether `pattern` can only be a path. Then test names need not be searched, for which every test file would be opened. */
export const isPath = (pattern: string): boolean => pattern.includes("/") || /\.tsx?$/i.test(pattern);
