// Text of the dense and the pruned model from one prompt and one seed; pieces arrive as events (events.ts).
import { EngineError } from "../../engine/index.ts";
import type { GenerateSlice, SliceOf } from "../storeState.ts";

export const generateSlice: SliceOf<GenerateSlice> = ({ client, turn, cancelTask: callOff }, set, get) => ({
  compare: { phase: "idle" },
  prompt: "The duty of the Congress is",
  generateTokens: 64,
  temperature: 0.7,
  textSeed: 1,
  denseText: "",
  prunedText: "",
  setCompare: (patch) => set(patch),
  async generate() {
    const { compare, model, prompt, generateTokens, temperature, textSeed } = get();
    if (compare.phase === "writing" || model.phase !== "open") return;
    set({ compare: { phase: "writing", subject: "dense" }, denseText: "", prunedText: "" });
    try {
      const command = { type: "generate", prompt, tokens: generateTokens, temperature, seed: textSeed } as const;
      const { dense, pruned, of } = await turn(() => client.request(command), "generate");
      set({ compare: { phase: "written", of }, denseText: dense, prunedText: pruned });
    } catch (thrown) {
      const error = EngineError.from(thrown);
      set({ compare: error.code === "cancelled" ? { phase: "idle" } : { phase: "failed", error } });
      if (error.code === "device-lost") get().report(error);
    } finally {
      get().setProgress("generate", null);
    }
  },
  async cancelGenerate() {
    if (get().compare.phase === "writing") await callOff("generate");
  },
});
