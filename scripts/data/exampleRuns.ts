// Writes the examples that come with the page, from the results of `npm run compare` on the built-in model: npx tsx scripts/data/exampleRuns.ts FILE...
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { readRuns } from "../../src/engine/formats/runs/readRun.ts";
import { runName } from "../../src/engine/formats/runs/runName.ts";
import { type Run, runJson, type RunRecipe } from "../../src/engine/formats/runs/runRecord.ts";
import { EXAMPLE_RUNS } from "../../src/shared/exampleRuns.ts";
import { EMBEDDED_FACTS } from "../../src/worker/embeddedModel.ts";

/** "disp-50", "every-50", "dass-2-4": what follows the prefix of an example's id. */
function stemOf(made: RunRecipe): string {
  if (made.kind === "weights") return `${made.recipe.method}-${made.recipe.pattern.replace(/\W/g, "-")}`;
  if (made.kind === "baseline") return `${made.method}-${Math.round(100 * made.ratio)}`;
  const { ratio, ratioMode } = made.recipe;
  return `${ratioMode === "every" ? "every" : "disp"}-${Math.round(100 * ratio)}`;
}

/** A run as an example: its name and id say that it is one. Throws for a run of another model. */
export function exampleOf({ record, ...rest }: Run): Run {
  if (record.model.fingerprint !== EMBEDDED_FACTS.fingerprint)
    throw new Error(`${record.name}: expected a run of the built-in model, got one of ${record.model.name}`);
  const model = { ...record.model, name: EMBEDDED_FACTS.name };
  const name = `Example: ${runName(record.made)}`;
  return { ...rest, record: { ...record, id: `${EXAMPLE_RUNS.prefix}${stemOf(record.made)}`, name, model } };
}

/** The text of the file: one run per line. */
export const examplesText = (runs: readonly Run[]): string =>
  `[\n${runs.map((run) => JSON.stringify(runJson(exampleOf(run)))).join(",\n")}\n]\n`;

function main(files: readonly string[]): void {
  const text = examplesText(files.flatMap((file) => readRuns(readFileSync(file, "utf8"), file)));
  const path = `public/${EXAMPLE_RUNS.path}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const sha256 = createHash("sha256").update(text).digest("hex");
  const source = "src/shared/exampleRuns.ts";
  writeFileSync(source, readFileSync(source, "utf8").replace(/sha256: "\w*"/, `sha256: "${sha256}"`));
  console.log(`${path}: ${Buffer.byteLength(text)} bytes, SHA-256 ${sha256}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
