// Compares recipes.

/** Whether two plain objects have the same fields with the same values, in whatever order. Values are compared with ===. */
export function sameFields<T extends object>(one: T, other: T): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof T>;
  return [...names].every((name) => one[name] === other[name]);
}
