// One program of the comparison in a process of its own: node program.mjs NAME. Answers each line of JSON with one, as torch_peer.py does.
import "../iteratorHelpers.ts";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { diskFolder } from "../../../scripts/diskFolder.ts";
import { installDawn } from "../../../src/cli/host/dawn.ts";

export interface ProgramMessage {
  /** Paths of a folder and of a file; of the text the beginning is used. */
  open?: { model: string; text: string; characters: number };
  /** Tokens of a new training. */
  start?: number;
  /** Further steps. */
  steps?: number;
}

const [name = ""] = process.argv.slice(2);
installDawn();
// after Dawn, because tfjs looks for it when it is loaded
const programs = await import("../programs.ts");

async function answerTo({ open, start, steps = 0 }: ProgramMessage): Promise<object> {
  if (open) {
    const text = readFileSync(open.text, "utf8").slice(0, open.characters);
    return programs.openPrograms(diskFolder(open.model), text, [name]);
  }
  if (start === undefined) return programs.steps({ name, count: steps });
  await programs.start({ name, tokens: start });
  return {};
}

for await (const line of createInterface(process.stdin)) {
  const answer = await answerTo(JSON.parse(line) as ProgramMessage).catch((error: unknown) => ({
    failed: error instanceof Error ? error.message : String(error),
  }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
