// The page itself: theme, units, notices, and progress of long tasks.
import type { EngineError } from "../../engine/index.ts";
import type { SliceOf } from "../slice.ts";
import type { PageSlice } from "./pageState.ts";

/** When there are more notices than this, the oldest go. */
const NOTICE_LIMIT = 4;

/** Whether a notice repeats another. A full disk fails every checkpoint under varying names: the newest notice of it is enough. */
const repeats = (a: EngineError, b: EngineError): boolean =>
  a.message === b.message || (a.code === "storage" && b.code === "storage");

export const pageSlice: SliceOf<PageSlice> = (_deps, set, get) => {
  let lastNotice = 0;
  return {
    theme: "system",
    ratioUnit: "blocks",
    notices: [],
    progress: {},
    setTheme: (theme) => set({ theme }),
    setRatioUnit: (ratioUnit) => set({ ratioUnit }),
    notify(error, context = "page") {
      lastNotice += 1;
      const others = get().notices.filter((notice) => !repeats(notice.error, error));
      set({ notices: [...others, { id: lastNotice, error, context }].slice(-NOTICE_LIMIT) });
    },
    dismiss: (id) => set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) })),
    dismissRunError: () => set({ runError: null }),
    setProgress(task, progress) {
      const rest = { ...get().progress };
      delete rest[task];
      set({ progress: progress ? { ...rest, [task]: progress } : rest });
    },
  };
};
