// What the worker says unasked, filed into the store. Metrics go to the series only, so that no step renders React.
import { EngineError } from "../engine/index.ts";
import type { WorkerEvent } from "../worker/protocol.ts";
import { withArchitecture } from "./run/prunedNow.ts";
import type { Deps, Get, Set } from "./storeState.ts";

/** Files one event. */
export function fileEvent({ series }: Pick<Deps, "series">, set: Set, get: Get, event: WorkerEvent): void {
  switch (event.type) {
    case "progress":
      return get().setProgress(event.progress.task, event.progress);
    case "run": {
      const { asked } = get();
      const started = asked === "play" && event.run.phase === "training";
      return set({ run: event.run, ...(started ? { asked: null } : {}) });
    }
    case "metrics": {
      const { msPerStep, secondsLeft } = event.metrics;
      series.append(event.metrics);
      return set({ pace: { msPerStep, secondsLeft } });
    }
    case "architecture":
      return set(withArchitecture(event.architecture));
    case "perplexity": {
      const { subject, result, of } = event;
      // What the page asked for comes as a reply, which knows whether it is still wanted.
      if (get()[subject].phase === "measuring") return;
      const measured = { phase: "measured", last: { result, of } } as const;
      return set(subject === "dense" ? { dense: measured } : { pruned: measured });
    }
    case "plan":
      return set(({ asking }) => ({
        plan: { news: event.news, storageFreeBytes: event.storageFreeBytes, source: asking },
      }));
    case "text":
      if (get().compare.phase !== "writing") return;
      if (event.subject === "dense" && event.done) set({ compare: { phase: "writing", subject: "pruned" } });
      return set((state) =>
        event.subject === "dense"
          ? { denseText: state.denseText + event.piece }
          : { prunedText: state.prunedText + event.piece },
      );
    case "resumable":
      return set({ resumable: { recipe: event.recipe, step: event.step } });
    case "error": {
      const error = EngineError.fromPlain(event.error);
      // The client says "bug" during "device" exactly when the worker is gone: nothing can be asked of it any more.
      if (event.during === "device" && error.code === "bug") return set({ device: { phase: "dead", error } });
      // What was asked for fails by its own reply, at its own place on the screen.
      const answered = event.during === "open" || event.during === "generate" || event.during === "export";
      if (!answered || error.code === "device-lost" || error.code === "no-webgpu") get().report(error);
    }
  }
}
