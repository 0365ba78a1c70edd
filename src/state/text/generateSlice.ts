// Text of the dense and the pruned model from one prompt and seed; the pieces arrive as events (events.ts).
import { currentPruning } from "../run/currentPruning.ts";
import type { SliceOf } from "../slice.ts";
import type { GenerateSlice } from "./textState.ts";

export const DEFAULT_PROMPT = "The duty of the Congress is";

export const generateSlice: SliceOf<GenerateSlice> = ({ client, task, on }, set, get) => {
  on({ model: { clear: () => ({ generation: { phase: "idle" }, denseText: "", prunedText: "" }) } });
  const { start, cancel } = task({
    name: "generate",
    isRunning: ({ generation }) => generation.phase === "writing",
    run() {
      const { model, prompt, generateTokens: tokens, temperature, textSeed: seed } = get();
      if (model.phase !== "open") return null;
      const of = currentPruning(get());
      return {
        begin: {
          generation: { phase: "writing", subject: "dense" },
          ...{ writtenWith: { prompt, temperature, seed }, denseText: "", prunedText: "" },
        },
        work: () => client.request({ type: "generate", prompt, tokens, temperature, seed }),
        done: ({ dense, pruned, of: written }) => ({
          generation: { phase: "written", of: written },
          denseText: dense,
          prunedText: pruned,
        }),
        cancelled: () => ({ generation: { phase: "stopped", of } }),
        failed: (error) => ({ generation: { phase: "failed", error, of } }),
      };
    },
  });
  return {
    generation: { phase: "idle" },
    prompt: DEFAULT_PROMPT,
    generateTokens: 64,
    temperature: 0.7,
    textSeed: 1,
    writtenWith: null,
    denseText: "",
    prunedText: "",
    setGeneration: (patch) => set(patch),
    generate: start,
    cancelGenerate: cancel,
  };
};
