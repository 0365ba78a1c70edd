// The commands of onnxruntime-web, for a worker in a browser and a thread in Node. Its owner ends it, which frees its memory.
import { OnnxSession } from "./onnxSession.ts";
import type { FromOnnx, OnnxCommand, OnnxReplies, ToOnnx } from "./protocol.ts";

type CommandOf<T extends OnnxCommand["type"]> = Extract<OnnxCommand, { type: T }>;
type Handlers = { [T in OnnxCommand["type"]]: (command: CommandOf<T>) => Promise<OnnxReplies[T]> };

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

const handlers: Handlers = {
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

/** Returns the function that receives commands; `post` sends their answers, with the buffers to transfer. */
export function onnxCommands(post: (message: FromOnnx, transfer: ArrayBuffer[]) => void): (message: ToOnnx) => void {
  return ({ id, ...command }) => {
    const handler = handlers[command.type] as (command: OnnxCommand) => Promise<OnnxReplies[keyof OnnxReplies]>;
    Promise.resolve()
      .then(() => handler(command))
      .then(
        (value) => post({ id, value }, value instanceof Float32Array ? [value.buffer] : []),
        (error: unknown) => {
          const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
          post({ id, failure: { name, message } }, []);
        },
      );
  };
}
