// The commands of llama.cpp, for a worker in a browser and a thread in Node. Its owner ends it, which frees its memory.
import { LlamaSession } from "./llamaSession.ts";
import type { LlamaCommand, LlamaReplies } from "./protocol.ts";
import type { RuntimeHandlers } from "./workerHandlers.ts";

const parts: Blob[] = [];
let session: LlamaSession | undefined;

function opened(): LlamaSession {
  if (!session) throw new Error("no model is open");
  return session;
}

export const llamaCommands: RuntimeHandlers<LlamaCommand, LlamaReplies> = {
  part: async ({ bytes }) => {
    parts.push(new Blob([bytes]));
    return null;
  },
  open: async ({ tokens }) => {
    session = await LlamaSession.open(new Blob(parts.splice(0)), tokens);
    return { version: LlamaSession.version };
  },
  tokenize: ({ text }) => opened().tokenize(text),
  logProbabilities: ({ ids, first }) => opened().logProbabilities(ids, first),
};
