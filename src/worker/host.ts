// The worker's entry point: receives commands, posts replies and events. All GPU work of the studio happens here.
import { EngineError } from "../engine/index.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import { Commands } from "./commands.ts";

const post = (message: FromWorker): void => self.postMessage(message);
// Browsers report errors of a worker, but not its end. Its lock is free then, which the page waits for.
const lock = `worker/${crypto.randomUUID()}`;
void navigator.locks.request(lock, () => {
  post({ kind: "alive", lock });
  return new Promise<never>(() => undefined);
});

const commands = new Commands((event) => post({ kind: "event", event }));

self.onmessage = ({ data }: MessageEvent<ToWorker>): void => {
  const { id, ...command } = data;
  commands.handle(command).then(
    (value) => post({ kind: "reply", id, value }),
    (error: unknown) => post({ kind: "failure", id, error: EngineError.from(error).toPlain() }),
  );
};
