// Commands of examples and comparisons: the runs that come with the page, what two runs write, and what they expect next.
import { readRuns } from "../../engine/index.ts";
import { EXAMPLE_RUNS } from "../../shared/exampleRuns.ts";
import { expectNext, writePair } from "../measure/compareRuns.ts";
import { fetchOwnFile } from "../storage/ownFile.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

export function comparisonCommands({
  tasks,
  onDevice,
  pruning,
}: WorkerState): Pick<Handlers, "examples" | "pairTexts" | "nextTokens"> {
  return {
    examples: async () => {
      const { path, sha256 } = EXAMPLE_RUNS;
      const advice = "Check the connection, then open the examples again.";
      const bytes = await fetchOwnFile(path, { what: "The file of the examples", advice, sha256 });
      return readRuns(new TextDecoder().decode(bytes), path);
    },
    pairTexts: (request) =>
      tasks.run("texts", ({ report, cancelled }) =>
        writePair(
          onDevice.context(),
          onDevice.opened().model,
          { ...request, current: pruning.pruned },
          { onProgress: report("tokens"), cancelled },
        ),
      ),
    nextTokens: ({ first, second, ids }) =>
      tasks.run("texts", ({ cancelled }) =>
        expectNext(
          onDevice.context(),
          onDevice.opened().model,
          { first, second, ids, current: pruning.pruned },
          cancelled,
        ),
      ),
  };
}
