// The commands of onnxruntime-web, for a worker in a browser and a thread in Node. Its owner ends it, which frees its memory.
import { OnnxSession } from "./onnxSession.ts";
import type { OnnxCommand, OnnxReplies } from "./protocol.ts";
import type { RuntimeHandlers } from "./workerHandlers.ts";

const files = new Map<string, Uint8Array<ArrayBuffer>>();
let session: OnnxSession | undefined;

function fileAt(path: string): Uint8Array<ArrayBuffer> {
  const file = files.get(path);
  if (!file) throw new Error(`${path} was not sent`);
  return file;
}

function opened(): OnnxSession {
  if (!session) throw new Error("no model is open");
  return session;
}

export const onnxCommands: RuntimeHandlers<OnnxCommand, OnnxReplies> = {
  file: async ({ path, sizeBytes }) => {
    files.set(path, new Uint8Array(sizeBytes));
    return null;
  },
  part: async ({ path, offset, bytes }) => {
    fileAt(path).set(bytes, offset);
    return null;
  },
  open: async ({ model }) => {
    const graph = fileAt(model);
    files.delete(model);
    const folder = model.slice(0, model.lastIndexOf("/") + 1);
    const data = [...files].map(([path, bytes]) => ({ path: path.slice(folder.length), data: bytes }));
    session = await OnnxSession.open(graph, data);
    files.clear();
    return OnnxSession.facts;
  },
  forward: ({ ids }) => opened().forward(ids),
  decode: ({ ids, prompt }) => opened().decode(ids, prompt),
  time: ({ ids, decodeTokens, repeats }) => opened().time(ids, decodeTokens, repeats),
};
