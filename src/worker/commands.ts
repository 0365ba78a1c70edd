// Does the commands of the protocol: finds the handler of each.
import { EngineError } from "../engine/index.ts";
import type { Command, CommandOf, Replies, WorkerEvent } from "./protocol.ts";
import { exportCommands } from "./commands/exportCommands.ts";
import { measureCommands } from "./commands/measureCommands.ts";
import { modelCommands } from "./commands/modelCommands.ts";
import { pruningCommands, runCommands } from "./commands/runCommands.ts";
import { recoverCommands } from "./commands/recoverCommands.ts";
import { type Handlers, WorkerState } from "./commands/workerState.ts";

export class Commands {
  private readonly handlers: Handlers;
  private readonly state: WorkerState;

  constructor(send: (event: WorkerEvent) => void) {
    const state = new WorkerState(send);
    this.state = state;
    this.handlers = {
      ...modelCommands(state),
      ...runCommands(state),
      ...pruningCommands(state),
      ...recoverCommands(state),
      ...measureCommands(state),
      ...exportCommands(state),
    };
  }

  /** Does one command and returns its reply. Throws EngineErrors. */
  async handle<T extends Command["type"]>(command: CommandOf<T>): Promise<Replies[T]> {
    const handler = this.handlers[command.type] as (command: CommandOf<T>) => Promise<Replies[T]>;
    try {
      return await handler(command);
    } catch (error) {
      throw await this.state.onDevice.explain(EngineError.from(error));
    }
  }
}
