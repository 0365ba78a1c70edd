// The page itself: theme, units, the device's life, progress of long tasks, and notices.
import { EngineError } from "../../engine/index.ts";
import type { SliceOf, UiSlice } from "../storeState.ts";

/** More notices than this push the oldest out. */
const NOTICE_LIMIT = 4;

export const uiSlice: SliceOf<UiSlice> = ({ clearTurns }, set, get) => {
  let lastNotice = 0;
  return {
    theme: "system",
    ratioUnit: "blocks",
    device: { phase: "ready" },
    progress: {},
    notices: [],
    setTheme: (theme) => set({ theme }),
    setRatioUnit: (ratioUnit) => set({ ratioUnit }),
    notify(error) {
      lastNotice += 1;
      // A full disk fails every checkpoint, with names that vary: the newest notice of it is enough.
      const again = (other: EngineError): boolean =>
        other.message === error.message || (other.code === "storage" && error.code === "storage");
      const others = get().notices.filter((notice) => !again(notice.error));
      set({ notices: [...others, { id: lastNotice, error }].slice(-NOTICE_LIMIT) });
    },
    dismiss: (id) => set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) })),
    setProgress(task, progress) {
      const rest = { ...get().progress };
      delete rest[task];
      set({ progress: progress ? { ...rest, [task]: progress } : rest });
    },
    report(error, failed) {
      const { device, run, notify } = get();
      if (error.code === "cancelled" || device.phase === "dead" || device.phase === "absent") return;
      if (error.code === "no-webgpu" && device.phase === "ready") set({ device: { phase: "absent", error } });
      else if (error.code === "no-webgpu" && device.phase !== "ready") {
        // Browsers refuse adapters for a while after several crashes; what is on the screen must not go for that.
        const text = `The device could not be opened again: ${error.message} Try again in a minute, or restart the browser: a run goes on from its last checkpoint.`;
        set({ device: { ...device, error: new EngineError("device-lost", text) } });
      } else if (error.code === "device-lost") {
        // The loss is heard of twice: as an event, and as the failure of what was under way.
        const training = failed === "play" || run.phase === "training" || (device.phase === "lost" && device.training);
        clearTurns();
        const stopped = run.phase === "training" ? { run: { ...run, phase: "paused" as const } } : {};
        set({ device: { phase: "lost", error, training }, asked: null, progress: {}, ...stopped });
      } else if (error.code === "not-finite") set({ runError: error });
      else notify(error);
    },
    async reopenDevice() {
      const { device, source, open } = get();
      if (device.phase !== "lost") return;
      set({ device: { phase: "reopening", error: device.error } });
      const opened = await open(source);
      if (opened) {
        set({ device: { phase: "ready" } });
        if (device.training && get().resumable) await get().resume();
      } else {
        const now = get().device;
        if (now.phase === "reopening") set({ device: { ...device, error: now.error } });
      }
    },
  };
};
