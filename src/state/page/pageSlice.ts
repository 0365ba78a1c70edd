// The page itself: theme, units, notices, a status, and progress of long tasks.
import type { EngineError } from "../../engine/index.ts";
import type { Effect } from "../changes.ts";
import type { SliceOf } from "../slice.ts";
import type { PageSlice } from "./pageState.ts";

/** When there are more notices than this, the oldest go. */
const NOTICE_LIMIT = 4;

/** How long a status is shown. */
export const STATUS_MS = 10_000;

/** Whether a notice repeats another. A full disk fails every checkpoint under varying names: the newest notice of it is enough. */
const repeats = (a: EngineError, b: EngineError): boolean =>
  a.message === b.message || (a.code === "storage" && b.code === "storage");

export const pageSlice: SliceOf<PageSlice> = ({ clock, on }, set, get) => {
  let lastNotice = 0;
  let stopTimer = (): void => undefined;
  const noStatus = { clear: () => ({ status: null }) };
  // why an earlier start failed is not true of this run, nor of another model
  const noRunNotices: Effect = {
    clear: ({ notices }) => ({ notices: notices.filter(({ context }) => context !== "training") }),
  };
  on({ opened: noStatus, run: noStatus, pruning: noStatus });
  on({ model: noRunNotices, run: noRunNotices });
  return {
    theme: "system",
    dialog: null,
    reportOf: null,
    tour: null,
    singleKeys: true,
    ratioUnit: "blocks",
    notices: [],
    progress: {},
    status: null,
    setTheme: (theme) => set({ theme }),
    showDialog: (dialog) => set({ dialog }),
    showReport: (reportOf) => set({ reportOf, dialog: "report" }),
    showTour: (tour) => set({ tour }),
    setSingleKeys: (singleKeys) => set({ singleKeys }),
    setRatioUnit: (ratioUnit) => set({ ratioUnit }),
    notify(error, context = "page") {
      lastNotice += 1;
      const others = get().notices.filter((notice) => !repeats(notice.error, error));
      // It would cover the notice.
      set({ status: null, notices: [...others, { id: lastNotice, error, context }].slice(-NOTICE_LIMIT) });
    },
    dismiss: (id) => set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) })),
    announce(status) {
      stopTimer();
      set({ status });
      stopTimer = clock.after(STATUS_MS, () => set({ status: null }));
    },
    dismissRunError: () => set({ runError: null }),
    setProgress(task, progress) {
      const rest = { ...get().progress };
      delete rest[task];
      set({ progress: progress ? { ...rest, [task]: progress } : rest });
    },
  };
};
