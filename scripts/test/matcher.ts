// What a pattern of npm test matches: paths and test names that contain it, upper and lower case alike.

/** Matches text that contains `pattern`, upper and lower case alike. It has no flags, so its source can be passed on as a string. */
export function matcher(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(escaped.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`));
}

/** Whether `pattern` can only be a path. Then test names need not be searched, for which every test file would be opened. */
export const isPath = (pattern: string): boolean => pattern.includes("/") || /\.tsx?$/i.test(pattern);
