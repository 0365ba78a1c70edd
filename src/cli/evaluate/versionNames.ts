// How the pruned versions of an evaluation are named: by the end of their paths.
import { resolve, sep } from "node:path";

/** The shortest ends of these paths that differ from one another: "masked" of one, "keep-0.5/masked" and "keep-0.7/masked" of two. */
export function shortestNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => resolve(path).split(sep).filter(Boolean));
  return parts.map((own) => {
    const end = (of: readonly string[], length: number): string => of.slice(-length).join("/");
    const others = parts.filter((other) => other.join("/") !== own.join("/"));
    const length = own.findIndex((_, i) => others.every((other) => end(other, i + 1) !== end(own, i + 1))) + 1;
    return end(own, length || own.length);
  });
}
