// Nested export: several ratios of a run for every ratio as one model, prepared and saved like the other forms.
import type { SliceOf } from "../slice.ts";
import type { NestedSlice, PreparedNested } from "./exportState.ts";
import { readNestedList, usualList } from "./nestedList.ts";
import { preparation } from "./prepareExport.ts";

export const nestedSlice: SliceOf<NestedSlice> = ({ client, task, on }, set, get) => {
  const nothing: Pick<NestedSlice, "nested" | "nestedList"> = {
    nested: { phase: "none", last: null },
    nestedList: null,
  };
  on({ model: { clear: () => nothing } });
  const { start, cancel } = task({
    name: "export",
    isRunning: ({ nested }) => nested.phase === "preparing",
    run() {
      const { nested, nestedList, architecture, evaluationTokens: tokens, exportChoice: choice } = get();
      const range = architecture?.trainedFor;
      if (!range) return null;
      const list = readNestedList(nestedList ?? usualList(range), range);
      if (!list.ok) return null;
      const { ratios } = list;
      return preparation<PreparedNested>(
        (now) => ({ nested: now }),
        nested.last,
        async () => ({ ...(await client.request({ type: "prepareNested", ratios, tokens, choice })), choice }),
      );
    },
  });
  return {
    ...nothing,
    setNestedList: (nestedList) => set({ nestedList }),
    prepareNested: start,
    cancelNested: cancel,
  };
};
