// Does the commands of the protocol: finds the handler of each.
import type { Command, CommandOf, Replies, WorkerEvent } from "./protocol.ts";
import { exportCommands } from "./commands/exportCommands.ts";
import { measureCommands } from "./commands/measureCommands.ts";
import { modelCommands } from "./commands/modelCommands.ts";
import { pruningCommands, runCommands } from "./commands/runCommands.ts";
import { recoverCommands } from "./commands/recoverCommands.ts";
import { type Handlers, WorkerState } from "./commands/workerState.ts";

export class Commands {
  private readonly handlers: Handlers;

  constructor(send: (event: WorkerEvent) => void) {
    const state = new WorkerState(send);
    this.handlers = {
      ...modelCommands(state),
      ...runCommands(state),
      ...pruningCommands(state),
      ...recoverCommands(state),
      ...measureCommands(state),
      ...exportCommands(state),
    };
  }

  /** Does one command and returns its reply. Whatever it throws is an EngineError or is turned into one by the host. */
  async handle<T extends Command["type"]>(command: CommandOf<T>): Promise<Replies[T]> {
    const handler = this.handlers[command.type] as (command: CommandOf<T>) => Promise<Replies[T]>;
    return handler(command);
  }
}
