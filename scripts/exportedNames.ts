// Finds exported names that no other file needs, and names that several files export.
// Run directly (`tsx scripts/exportedNames.ts src bench`), it prints them and exits 1.
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ALL, type Module, readModule, sourcesIn } from "./modules.ts";

const TEST = /\.(test|spec)\.tsx?$/;
/** Files that exist only for tests. */
const TEST_SUPPORT = /\.fixture\.tsx?$|^(e2e|scripts\/test)\//;

interface Finding {
  name: string;
  /** Paths of the files that export it. */
  files: string[];
  problem: "nobody imports it" | "only tests use it" | "several files export it";
}

/** Maps each file and name to the files that import it. */
function importersOf(modules: readonly Module[]): (file: string, name: string) => string[] {
  const importers = new Map<string, string[]>();
  for (const { file, taken } of modules) {
    for (const { from, name } of taken) {
      const key = `${from} ${name}`;
      importers.set(key, [...(importers.get(key) ?? []), file]);
    }
  }
  return (file, name) => [`${file} ${name}`, `${file} ${ALL}`].flatMap((key) => importers.get(key) ?? []);
}

/**
 * A name that only tests import is needed if its own file uses it too, or if the file is test support; otherwise it is code that only tests
 * run. Names that are passed on from another file are not.
 */
function unneeded({ file, declared, occurrences }: Module, name: string, by: readonly string[]): Finding[] {
  if (by.length === 0) return [{ name, files: [file], problem: "nobody imports it" }];
  const forTests = TEST_SUPPORT.test(file) || TEST.test(file);
  const usedHere = !declared.has(name) || (occurrences.get(name) ?? 0) > 1;
  if (forTests || usedHere || by.some((one) => !TEST.test(one) && !TEST_SUPPORT.test(one))) return [];
  return [{ name, files: [file], problem: "only tests use it" }];
}

/** Names that several files declare and export; tests and default exports aside. */
function sharedNames(modules: readonly Module[]): Finding[] {
  const homes = new Map<string, string[]>();
  for (const { file, declared } of modules) {
    if (TEST.test(file)) continue;
    for (const name of declared) if (name !== "default") homes.set(name, [...(homes.get(name) ?? []), file]);
  }
  return [...homes].flatMap(([name, files]) =>
    files.length > 1 ? [{ name, files, problem: "several files export it" as const }] : [],
  );
}

/** Findings in `folders`, paths relative to the working directory; `configs` are further files that may import from them. */
export function exportedNames(folders: readonly string[], configs: readonly string[] = []): Finding[] {
  const modules = folders.flatMap((folder) => sourcesIn(folder, true)).map(readModule);
  const importers = importersOf([...modules, ...configs.map(readModule)]);
  const dead = modules.flatMap((module) =>
    [...module.declared, ...module.reexported].flatMap((name) => unneeded(module, name, importers(module.file, name))),
  );
  return [...dead, ...sharedNames(modules)];
}

const startedAs = process.argv[1];
if (startedAs && realpathSync(startedAs) === fileURLToPath(import.meta.url)) {
  const findings = exportedNames(process.argv.slice(2), sourcesIn(".", false));
  for (const { name, files, problem } of findings) console.error(`${name}: ${problem} (${files.join(", ")})`);
  if (findings.length > 0) {
    console.error(
      "Remove `export`, or the code if nothing needs it. Give one of two names in several files another name.",
    );
    process.exitCode = 1;
  }
}
