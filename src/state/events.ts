// Events of the worker, applied to the store. Metrics go to the series only, so that a step renders nothing in React.
import { EngineError } from "../engine/index.ts";
import type { WorkerEvent } from "../worker/protocol.ts";
import { showArchitecture } from "./run/currentPruning.ts";
import { noteReading } from "./text/perplexitySlice.ts";
import type { Deps } from "./slice.ts";
import type { GetState, SetState } from "./storeState.ts";

type EventOf<T extends WorkerEvent["type"]> = Extract<WorkerEvent, { type: T }>;

/** Applies one event. */
export function applyEvent(deps: Deps, set: SetState, get: GetState, event: WorkerEvent): void {
  switch (event.type) {
    case "progress":
      return get().setProgress(event.progress.task, event.progress);
    case "run": {
      const started = get().pendingCommand === "train" && event.run.phase === "training";
      return set({ run: event.run, ...(started ? { pendingCommand: null } : {}) });
    }
    case "metrics": {
      const { msPerStep, secondsLeft } = event.metrics;
      deps.series.append(event.metrics);
      return set({ pace: { msPerStep, secondsLeft } });
    }
    case "architecture":
      return showArchitecture(deps, set, get, event.architecture);
    case "perplexity": {
      const { result, of } = event;
      noteReading(deps, get, of, result);
      // A measurement that the page requested ends with its own reply.
      if (get().pruned.phase === "measuring") return;
      return set({ pruned: { phase: "measured", last: { result, of } } });
    }
    case "guard":
      return set(({ recovery }) =>
        recovery.phase === "recovering"
          ? { recovery: { ...recovery, readings: [...recovery.readings, event.reading] } }
          : {},
      );
    case "pausedRecovery":
      return set({ pausedRecovery: event.paused });
    case "plan": {
      const { planned, storageFreeBytes } = event;
      return set(({ requestedSource: source }) => ({ plan: { planned, storageFreeBytes, source } }));
    }
    case "text":
      return addText(event, set, get);
    case "resumable": {
      const { recipe, step, note } = event;
      return set({ resumable: { recipe, step, ...(note === undefined ? {} : { note }) } });
    }
    case "runsElsewhere":
      return set({ runsElsewhere: event.runs });
    case "error":
      return applyError(event, set, get);
  }
}

function addText({ subject, piece, done }: EventOf<"text">, set: SetState, get: GetState): void {
  if (get().generation.phase !== "writing") return;
  if (subject === "dense" && done) set({ generation: { phase: "writing", subject: "pruned" } });
  set(({ denseText, prunedText }) =>
    subject === "dense" ? { denseText: denseText + piece } : { prunedText: prunedText + piece },
  );
}

function applyError({ error: plain, during }: EventOf<"error">, set: SetState, get: GetState): void {
  const error = EngineError.fromPlain(plain);
  // The client emits "bug" during "device" only when the worker is dead: it can do nothing more.
  if (during === "device" && error.code === "bug") return set({ device: { phase: "dead", error } });
  get().report(error, { context: during === "train" ? "training" : during === "perplexity" ? "measuring" : "page" });
}
