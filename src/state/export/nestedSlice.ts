// Several ratios of a run for every ratio as one model: prepared by the worker like the other forms, and beside them.
import { readNestedList, usualList } from "./nestedList.ts";
import { preparation } from "./prepareExport.ts";
import type { NestedSlice, PreparedNested, SliceOf } from "../storeState.ts";

export const nestedSlice: SliceOf<NestedSlice> = (deps, set, get) => {
  const prepare = preparation<PreparedNested>(deps, set, get, (nested) => ({ nested }));
  return {
    nested: { phase: "none", last: null },
    nestedList: null,
    setNestedList: (nestedList) => set({ nestedList }),
    async prepareNested() {
      const { nested, nestedList, architecture, evaluationTokens: tokens, exportChoice: choice } = get();
      const bounds = architecture?.trainedFor;
      if (nested.phase === "preparing" || !bounds) return;
      const list = readNestedList(nestedList ?? usualList(bounds), bounds);
      if (!list.ok) return;
      const { ratios } = list;
      await prepare(nested.last, async () => {
        const made = await deps.client.request({ type: "prepareNested", ratios, tokens, choice });
        return { ...made, choice };
      });
    },
    cancelNested: () => deps.cancelTask("export"),
  };
};
