// npm run parity: compares the engine with PyTorch on golden cases. One JSON object per case on stdout, a table on stderr.
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { quantisedOnOpening, type WeightStorage } from "../engine/dtype.ts";
import { smollm2File } from "../../scripts/data/smollm2.ts";
import { existingModel, parseWords } from "./arguments/arguments.ts";
import { HOST_OPTIONS, HOST_USAGE, readHostArgument } from "./arguments/hostArguments.ts";
import { readStorageArgument, STORAGE_OPTIONS, STORAGE_USAGE } from "./arguments/storageArgument.ts";
import { UsageError } from "./arguments/usageError.ts";
import { jsonLine, runCommand } from "./host/command.ts";
import type { HostChoice } from "./host/chooseHost.ts";
import { type CliHost, openCliHost } from "./host/openHost.ts";

const USAGE = `usage: npm run parity -- DIR [DIR ...] [--model DIR|FILE.gguf] [--weights f32|f16|file] [--host HOST]
Compares the engine with PyTorch on golden cases: folders that golden/reference/make_golden.py made, such as golden/llama.
  --model                  the model of the cases that contain none
${STORAGE_USAGE}
${HOST_USAGE}
Exit code 1 if a check fails, 2 if a case cannot be read.`;

/** The only case whose model is fetched, because it is too large for the repository. */
const FETCHED = "smollm2";

interface Arguments {
  folders: readonly string[];
  model?: string;
  precision: WeightStorage;
  host: HostChoice;
}

function readArguments(argv: readonly string[]): Arguments {
  const { values, words: folders } = parseWords(argv, {
    ...{ model: { type: "string" } as const, ...STORAGE_OPTIONS },
    ...HOST_OPTIONS,
  });
  const { model } = values;
  if (folders.length === 0)
    throw new UsageError("expected one golden case or more, got none; --help lists the arguments");
  for (const folder of folders) {
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new UsageError(`expected the folder of a golden case, got "${folder}"; --help lists the arguments`);
  }
  const named = typeof model === "string" ? { model: existingModel(model) } : {};
  const precision = readStorageArgument(values);
  if (quantisedOnOpening(precision))
    throw new UsageError(
      `--weights: parity compares with what PyTorch computed from the weights of the file, got ${precision}, which changes them; take f32, f16 or file`,
    );
  return { folders, precision, host: readHostArgument(values), ...named };
}

/** The path of a case's model: in the case itself, else the named one, else fetched. */
async function modelOf(folder: string, named: string | undefined): Promise<string> {
  if (existsSync(join(folder, "config.json"))) return folder;
  if (named !== undefined) return named;
  return basename(folder) === FETCHED ? smollm2File() : folder;
}

/** Checks one case and prints the result; returns its exit code. */
async function checkCase(host: CliHost, folder: string, { model, precision }: Arguments): Promise<number> {
  const { files } = host;
  const request = { folder: files.serve(folder), model: files.serve(await modelOf(folder, model)), precision };
  const answer = await host.call("parity", request);
  if ("error" in answer) {
    process.stderr.write(`${folder}: cannot be read: ${answer.error.message}\n`);
    return 2;
  }
  const { adapter, checks } = answer.ok;
  process.stdout.write(jsonLine({ ...answer.ok, host: host.name }));
  process.stderr.write(`\n${answer.ok.case}, weights ${precision}, on ${adapter}, ${host.name}\n`);
  const width = Math.max(...Object.keys(checks).map((name) => name.length));
  for (const [name, { ok, worst, limit }] of Object.entries(checks)) {
    const difference = worst === null ? "not a number" : worst.toExponential(2);
    process.stderr.write(`  ${ok ? "ok  " : "FAIL"} ${name.padEnd(width)}  worst ${difference}  limit ${limit}\n`);
  }
  return Object.values(checks).every(({ ok }) => ok) ? 0 : 1;
}

await runCommand(USAGE, async (argv) => {
  const given = readArguments(argv);
  const host = await openCliHost(given.host);
  try {
    const codes: number[] = [];
    for (const folder of given.folders) codes.push(await checkCase(host, folder, given));
    return Math.max(...codes);
  } finally {
    await host.close();
  }
});
