// Several ratios of a run for every ratio as one model: prepared by the worker like the other forms, and beside them.
import { EngineError } from "../engine/index.ts";
import { readNestedList, usualList } from "./nestedList.ts";
import type { NestedSlice, SliceOf } from "./studioState.ts";

export const nestedSlice: SliceOf<NestedSlice> = ({ client, turn }, set, get) => {
  /** Which preparation is wanted; another number calls it off. */
  let ticket = 0;

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
      const { last } = nested;
      const mine = (ticket += 1);
      set({ nested: { phase: "preparing", last }, saving: { phase: "none" }, saveError: null });
      try {
        const made = await turn(() => {
          if (mine !== ticket) throw new EngineError("cancelled", "the export was called off before it began");
          return client.request({ type: "prepareNested", ratios, tokens, choice });
        });
        set({ nested: { phase: "prepared", last: { ...made, choice } } });
      } catch (thrown) {
        const error = EngineError.from(thrown);
        const before = last ? ({ phase: "prepared", last } as const) : ({ phase: "none", last } as const);
        set({ nested: error.code === "cancelled" ? before : { phase: "failed", last, error } });
        if (error.code === "device-lost") get().report(error);
      } finally {
        get().setProgress("export", null);
      }
    },
    async cancelNested() {
      ticket += 1;
      await client.request({ type: "cancel", task: "export" });
    },
  };
};
