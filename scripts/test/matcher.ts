// What a pattern of npm test matches: paths and test names that contain it, upper and lower case alike.

/** Matches any text that contains `pattern` as it is typed. Has no flags, so that its source alone says the same. */
export function matcher(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(escaped.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`));
}

/** Whether `pattern` can only be a path: then no test needs to be searched by its name, which takes opening every file. */
export const isPath = (pattern: string): boolean => pattern.includes("/") || /\.tsx?$/i.test(pattern);
