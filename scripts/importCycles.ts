// Finds import cycles among TypeScript sources, type imports included: a reader has to follow those as well.
// `tsx scripts/importCycles.ts src` prints them and exits with 1 if there are any.
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** Sources under a folder, as absolute paths. */
function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .sort()
    .map((name) => resolve(folder, name));
}

/** Relative imports of a file as absolute paths. Imports here name the file's extension, so no path has to be guessed. */
function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(file, "utf8"), true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => join(dirname(file), fileName));
}

/** Each cycle once, as the files along it, ending with the first file again. */
export function importCycles(folder: string): string[][] {
  const graph = new Map(sourcesUnder(folder).map((file) => [file, importsOf(file)]));
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const from = path.indexOf(file);
    if (from >= 0) cycles.push([...path.slice(from), file]);
    if (from >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

const startedAs = process.argv[1];
if (startedAs && realpathSync(startedAs) === fileURLToPath(import.meta.url)) {
  const cycles = process.argv.slice(2).flatMap(importCycles);
  for (const cycle of cycles) {
    console.error(`Import cycle: ${cycle.map((file) => relative(".", file)).join(" -> ")}`);
  }
  if (cycles.length > 0) {
    console.error("Move the shared code into a file that both import, or pass it as an argument.");
    process.exitCode = 1;
  }
}
