// Compares recipes.

/** Whether two plain objects have the same fields with the same values, in whatever order. Values are compared with ===. */
export const sameFields = <T extends object>(one: T, other: T): boolean => differentField(one, other) === undefined;

/** The first field whose values differ; undefined where none does. */
export function differentField<T extends object>(one: T, other: T): (keyof T & string) | undefined {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof T & string>;
  return [...names].find((name) => one[name] !== other[name]);
}
