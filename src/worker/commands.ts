// Does the commands of the protocol: finds the handler of each.
import { EngineError } from "../engine/index.ts";
import type { Command, CommandOf, Replies, WorkerEvent } from "./protocol.ts";
import { measureCommands } from "./commands/measureCommands.ts";
import { modelCommands } from "./commands/modelCommands.ts";
import { pruningCommands, runCommands } from "./commands/runCommands.ts";
import { type Handlers, WorkerState } from "./commands/workerState.ts";
import { ggufScripts, webScripts } from "./storage/sources.ts";

/** Handlers whose scripts are no part of the first download. */
interface Later<T extends Command["type"]> {
  handlers: Pick<Handlers, T>;
  /** Loads the scripts before a command needs them. */
  preload(): Promise<unknown>;
}

function later<T extends Command["type"]>(types: readonly T[], load: () => Promise<Pick<Handlers, T>>): Later<T> {
  let loaded: Promise<Pick<Handlers, T>> | undefined;
  const handlersOf = (): Promise<Pick<Handlers, T>> =>
    (loaded ??= load().catch(() => {
      // the next command tries again
      loaded = undefined;
      throw new EngineError("network", "A script of this page did not load. Check the connection, then try again.");
    }));
  const handlers = types.map((type) => {
    const handle = async (command: CommandOf<T>): Promise<Replies[T]> => {
      const handler = (await handlersOf())[type] as (command: CommandOf<T>) => Promise<Replies[T]>;
      return handler(command);
    };
    return [type, handle];
  });
  return { handlers: Object.fromEntries(handlers) as Pick<Handlers, T>, preload: handlersOf };
}

const recoverLater = (state: WorkerState) =>
  later(["recover", "refit", "pauseRecovery", "restoreRecovery", "discardRecovery", "undoRecovery"], async () =>
    (await import("./commands/recoverCommands.ts")).recoverCommands(state),
  );
const exportLater = (state: WorkerState) =>
  later(["formSizes", "prepareExport", "prepareNested", "saveZip", "saveFolder", "speed"], async () =>
    (await import("./commands/exportCommands.ts")).exportCommands(state),
  );
const storageLater = () =>
  later(["storage", "removeStored"], async () => (await import("./commands/storageCommands.ts")).storageCommands());

const matrixLater = (state: WorkerState) =>
  later(["matrix"], async () => (await import("./commands/matrixCommands.ts")).matrixCommands(state));

const tasksLater = (state: WorkerState) =>
  later(["scoreTasks"], async () => (await import("./commands/taskCommands.ts")).taskCommands(state));

const comparisonLater = (state: WorkerState) =>
  later(["examples", "pairTexts", "nextTokens"], async () =>
    (await import("./commands/comparisonCommands.ts")).comparisonCommands(state),
  );

export class Commands {
  private readonly handlers: Handlers;
  private readonly state: WorkerState;
  private readonly preloads: readonly (() => Promise<unknown>)[];

  constructor(send: (event: WorkerEvent) => void) {
    const state = new WorkerState(send);
    this.state = state;
    const [recovering, exporting] = [recoverLater(state), exportLater(state)];
    const [matrix, storing, comparing] = [matrixLater(state), storageLater(), comparisonLater(state)];
    const scoring = tasksLater(state);
    const loaded = [recovering, exporting, matrix, storing, comparing, scoring];
    this.preloads = [...loaded.map(({ preload }) => preload), ggufScripts, webScripts];
    this.handlers = {
      ...modelCommands(state),
      ...runCommands(state),
      ...pruningCommands(state),
      ...recovering.handlers,
      ...storing.handlers,
      ...measureCommands(state),
      ...exporting.handlers,
      ...matrix.handlers,
      ...comparing.handlers,
      ...scoring.handlers,
    };
  }

  /** Does one command and returns its reply. Throws EngineErrors. */
  async handle<T extends Command["type"]>(command: CommandOf<T>): Promise<Replies[T]> {
    const handler = this.handlers[command.type] as (command: CommandOf<T>) => Promise<Replies[T]>;
    try {
      const reply = await handler(command);
      // from here on everything works without the network
      if (command.type === "texts") for (const preload of this.preloads) preload().catch(() => undefined);
      return reply;
    } catch (error) {
      throw await this.state.onDevice.explain(EngineError.from(error));
    }
  }
}
