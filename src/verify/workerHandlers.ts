// Answers the commands that a runtime's worker or thread receives.
import type { FromRuntime, ToRuntime } from "./protocol.ts";

/** One function per command, by its type. */
export type RuntimeHandlers<Commands extends { type: string }, Replies extends Record<Commands["type"], unknown>> = {
  [T in Commands["type"]]: (command: Extract<Commands, { type: T }>) => Promise<Replies[T]>;
};

/** Returns the function that receives commands; `post` sends their answers, with the buffers to transfer. */
export function receiver<Commands extends { type: string }, Replies extends Record<Commands["type"], unknown>>(
  handlers: RuntimeHandlers<Commands, Replies>,
  post: (message: FromRuntime, transfer: ArrayBuffer[]) => void,
): (message: ToRuntime<Commands>) => void {
  return ({ id, ...command }) => {
    const handler = handlers[command.type] as (command: unknown) => Promise<unknown>;
    Promise.resolve()
      .then(() => handler(command))
      .then(
        (value) => post({ id, value }, value instanceof Float32Array ? [value.buffer as ArrayBuffer] : []),
        (error: unknown) => {
          const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
          post({ id, failure: { name, message } }, []);
        },
      );
  };
}
