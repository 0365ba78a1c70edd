// The comparison's commands, on a page of Chromium or in Node: opens the programs that run on WebGPU, and runs steps of one when it is asked to.
import "./iteratorHelpers.ts";
import { type ServedFolder, servedModel } from "../../src/cli/page/servedModel.ts";
import { type OpenedPrograms, openPrograms, start, steps } from "./programs.ts";

interface PeersRequest {
  model: ServedFolder;
  text: string;
}

const open = async ({ model, text }: PeersRequest): Promise<OpenedPrograms> =>
  openPrograms(await servedModel(model), text);

/** What npm run bench -- --peers calls. */
export const peersCommands = { open, start, steps };
Object.assign(globalThis, { peersCommands });
