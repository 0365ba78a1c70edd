// The training step in other programs on a graphics card, without a browser: node peers.mjs OUT.json [--limit S] [--rounds N] [--python PROGRAM] [--small].
// Each program has a process of its own, so that one that fails or takes too long does not disturb the others.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { labHeader } from "../../../src/lab/lab.ts";
import { LIBRARIES, type PeersResult } from "../../../src/lab/peersResult.ts";
import { SMOLLM2_135M } from "../../../src/lab/syntheticModel.ts";
import { writeSyntheticModel } from "../../export/syntheticModel.ts";
import { nodeOnDawn } from "../../lab/nodeOnDawn.ts";
import { LineProcess } from "../lineProcess.ts";
import { measurePrograms, opening } from "../measurePrograms.ts";
import { lineProgram, type Program, torchPrograms } from "../program.ts";
import { ENGINE } from "../peer.ts";
import type { OpenedPrograms } from "../programs.ts";
import type { ProgramMessage } from "./program.ts";

const SYNTHETIC = ".cache/synthetic/smollm2-135m";
const TEXT = { text: "public/text/sotu-held.txt", characters: 200_000 };
/** jax-js follows the graph of a step by recursion, which needs more than Node's default for 30 blocks. In kilobytes. */
const STACK = 7000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: "string", default: "20" },
    rounds: { type: "string", default: "5" },
    python: { type: "string", default: "python3" },
    /** The embedded model alone. */
    small: { type: "boolean", default: false },
  },
});
const [out = "peers.json"] = positionals;
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const versions = JSON.parse(readFileSync("versions.json", "utf8")) as Record<string, string>;

interface Opened {
  program: Program;
  facts: OpenedPrograms;
}

async function openProgram(name: string, model: string): Promise<Opened> {
  const child = new LineProcess(process.execPath, [`--stack-size=${STACK}`, "program.mjs", name]);
  try {
    const facts = await child.ask<OpenedPrograms>({ open: { model, ...TEXT } } satisfies ProgramMessage);
    const error = facts.programs[0]?.error;
    if (error !== undefined) throw new Error(error);
    return { program: lineProgram(child, { name, version: versions[name] ?? "", device: facts.adapter }), facts };
  } catch (error) {
    child.close();
    throw error;
  }
}

/** All programs on one model, at one number of tokens. They open at the same time. */
async function measureModel(model: string, tokens: number): Promise<PeersResult> {
  const engine = openProgram(ENGINE, model);
  const ids = engine.then(({ facts }) => facts.ids);
  const opened = await Promise.all([
    opening(ENGINE, async () => [(await engine).program]),
    ...LIBRARIES.map((name) => opening(name, async () => [(await openProgram(name, model)).program])),
    opening("PyTorch", () => torchPrograms({ python: values.python, model, ids })),
  ]);
  const { adapter, software, matmul, model: name } = (await engine).facts;
  const how = { tokens: [tokens], rounds: Number(values.rounds), limitSeconds: Number(values.limit), log };
  return measurePrograms({ adapter, software, matmul, model: name }, opened.flat(), how);
}

const header = await labHeader({ ...nodeOnDawn(), quick: false });
const peers: PeersResult[] = [];
const measure = async (model: string, tokens: number): Promise<void> => {
  peers.push(await measureModel(model, tokens));
  writeFileSync(out, `${JSON.stringify({ ...header, peers }, null, 1)}\n`);
};
await measure("public/model", 128);
if (!values.small) {
  await writeSyntheticModel(SYNTHETIC, SMOLLM2_135M);
  await measure(SYNTHETIC, 512);
}
process.exit(0);
