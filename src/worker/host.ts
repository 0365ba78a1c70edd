// The worker's entry: commands in, replies and events out. All GPU work of the studio happens behind this door.
import { EngineError } from "../engine/index.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import { Commands } from "./commands.ts";

const post = (message: FromWorker): void => self.postMessage(message);
const studio = new Commands((event) => post({ kind: "event", event }));

self.onmessage = ({ data }: MessageEvent<ToWorker>): void => {
  const { id, ...command } = data;
  studio.handle(command).then(
    (value) => post({ kind: "reply", id, value }),
    (error: unknown) => post({ kind: "failure", id, error: EngineError.from(error).toPlain() }),
  );
};
