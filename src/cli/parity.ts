// npm run parity -- DIR... [--model DIR|FILE.gguf] [--half]: any golden case folders against this engine; one JSON object a case on stdout, a table on stderr.
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { smollm2File } from "../../scripts/data/smollm2.ts";
import { existingModel, parseValues } from "./arguments/arguments.ts";
import { runCommand } from "./host/command.ts";
import { openHeadless } from "./host/headless.ts";
import { UsageError } from "./arguments/usageError.ts";

const USAGE =
  "usage: npm run parity -- DIR [DIR ...] [--model DIR|FILE.gguf] [--half]   (folders made by golden/reference/make_golden.py, such as golden/llama; --model where a case has no model of its own)";

/** The one case whose model is fetched: it is a real one, and too large for the repository. */
const FETCHED = "smollm2";

interface Arguments {
  folders: string[];
  model?: string;
  precision: "f16" | "f32";
}

/** Options stand anywhere among the folders. */
function readArguments(argv: readonly string[]): Arguments {
  const at = argv.indexOf("--model");
  const options = argv.filter((word, i) => word.startsWith("--") || (at >= 0 && i === at + 1));
  const folders = argv.filter((word) => !options.includes(word));
  const { model, half } = parseValues(options, { model: { type: "string" }, half: { type: "boolean" } });
  if (folders.length === 0) throw new UsageError(USAGE);
  for (const folder of folders) {
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new UsageError(`${folder} is not a folder; ${USAGE}`);
  }
  const named = typeof model === "string" ? { model: existingModel(model) } : {};
  return { folders, precision: half === true ? "f16" : "f32", ...named };
}

/** Where a case's model is: named, in the case, or fetched. */
async function modelOf(folder: string, named: string | undefined): Promise<string> {
  if (existsSync(join(folder, "config.json"))) return folder;
  if (named !== undefined) return named;
  return basename(folder) === FETCHED ? smollm2File() : folder;
}

async function main(argv: readonly string[]): Promise<number> {
  const { folders, model, precision } = readArguments(argv);
  const headless = await openHeadless();
  let exitCode = 0;
  try {
    for (const folder of folders) {
      const request = {
        folder: headless.files.serve(folder),
        model: headless.files.serve(await modelOf(folder, model)),
        precision,
      };
      const answer = await headless.page.evaluate((of) => window.espalier.parity(of), request);
      if ("error" in answer) {
        process.stderr.write(`${folder}: cannot be read: ${answer.error.message}\n`);
        exitCode = 2;
        continue;
      }
      const { adapter, checks } = answer.ok;
      process.stdout.write(`${JSON.stringify(answer.ok)}\n`);
      process.stderr.write(`\n${answer.ok.case}, weights ${precision}, on ${adapter}\n`);
      const width = Math.max(...Object.keys(checks).map((name) => name.length));
      for (const [name, { ok, worst, limit }] of Object.entries(checks)) {
        const verdict = ok ? "ok  " : "FAIL";
        process.stderr.write(
          `  ${verdict} ${name.padEnd(width)}  worst ${worst === null ? "not a number" : worst.toExponential(2)}  limit ${limit}\n`,
        );
      }
      if (exitCode === 0 && Object.values(checks).some(({ ok }) => !ok)) exitCode = 1;
    }
  } finally {
    await headless.close();
  }
  return exitCode;
}

await runCommand(USAGE, main);
