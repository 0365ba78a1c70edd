// The texts to calibrate and to evaluate on.
import { DEFAULT_TEXTS, type TextSources } from "../../shared/texts.ts";
import type { SliceOf } from "../slice.ts";
import type { TextSlice } from "./textState.ts";

export const textSlice: SliceOf<TextSlice> = ({ client, task, on, follow }, set, get) => {
  on({ model: { clear: () => ({ counts: null }) } });
  const encoding = task({
    again: "parallel",
    turns: "none",
    measuring: "follows",
    run(texts: Partial<TextSources>) {
      const { calibration, evaluation, model } = get();
      const before = { calibration, evaluation };
      const next = { ...before, ...texts };
      const begin = { ...next, textError: null };
      if (model.phase !== "open") {
        set(begin);
        return null;
      }
      return {
        begin,
        work: () => client.request({ type: "texts", ...next }),
        done: (counts) => ({ ...(next.evaluation === evaluation ? {} : follow("text")), counts }),
        failed: (textError) => ({ ...before, textError }),
      };
    },
  });
  return { ...DEFAULT_TEXTS, counts: null, textError: null, setTexts: encoding.start };
};
