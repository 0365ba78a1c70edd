// The texts to calibrate and to evaluate on.
import type { EngineError } from "../../engine/index.ts";
import { DEFAULT_TEXTS, type TextSources } from "../../shared/texts.ts";
import type { SliceOf } from "../slice.ts";
import type { TextSlice } from "./textState.ts";

const ROLES = ["calibration", "evaluation"] as const;

export const textSlice: SliceOf<TextSlice> = ({ client, task, on, follow }, set, get) => {
  on({ model: { clear: () => ({ counts: null }) } });
  /** The texts that the worker encoded last. */
  let encoded: TextSources = DEFAULT_TEXTS;
  const encoding = task({
    again: "replace",
    turns: "none",
    measuring: "follows",
    run(change: Partial<TextSources>, textError: EngineError | null) {
      const { calibration, evaluation, model } = get();
      const next = { calibration, evaluation, ...change };
      const shown = { ...next, textError };
      if (model.phase !== "open") {
        set(shown);
        return null;
      }
      return {
        begin: shown,
        work: () => client.request({ type: "texts", ...next }),
        done(counts) {
          const isSame = next.evaluation === encoded.evaluation;
          encoded = next;
          return { ...(isSame ? {} : follow("text")), counts };
        },
        failed(error) {
          // The worker works on what it was sent last, so what this change replaced is sent again: once.
          const before = Object.fromEntries(ROLES.filter((role) => change[role]).map((role) => [role, encoded[role]]));
          if (textError === null && Object.keys(before).length > 0) void begin(before, error);
          return { textError: textError ?? error };
        },
      };
    },
  });
  /** The latest change, until it has ended. */
  let change: Promise<void> | null = null;
  const begin = (texts: Partial<TextSources>, error: EngineError | null): Promise<void> => {
    const begun = encoding.start(texts, error).finally(() => {
      if (change === begun) change = null;
    });
    change = begun;
    return begun;
  };
  const settled = async (): Promise<void> => {
    while (change) await change;
  };
  return {
    ...DEFAULT_TEXTS,
    counts: null,
    textError: null,
    setTexts(texts) {
      void begin(texts, null);
      return settled();
    },
    async areTextsSet() {
      if (change === null) return true;
      await settled();
      return get().textError === null;
    },
  };
};
