// The GPU device: present, lost or dead; and where errors are shown.
import { EngineError } from "../../engine/index.ts";
import type { Deps, SliceOf } from "../slice.ts";
import type { GetState, SetState } from "../storeState.ts";
import type { DeviceSlice } from "./pageState.ts";

export const deviceSlice: SliceOf<DeviceSlice> = (deps, set, get) => ({
  device: { phase: "ready" },
  report(error, { failed, context } = {}) {
    const { device, notify } = get();
    if (error.code === "cancelled" || device.phase === "dead" || device.phase === "absent") return;
    if (error.code === "no-webgpu") noWebgpu(error, set, get);
    else if (error.code === "device-lost") deviceLost(error, failed === "train", deps, { set, get });
    else if (error.code === "not-finite") set({ runError: error });
    else notify(error, context);
  },
  async reopenDevice() {
    const { device, source, open } = get();
    if (device.phase !== "lost") return;
    set({ device: { phase: "reopening", error: device.error } });
    if (await open(source)) {
      set({ device: { phase: "ready" } });
      const { resumable, resume, train, measureMissing } = get();
      // Before its first checkpoint a run begins anew: its steps are the same ones.
      if (device.training) await (resumable ? resume() : train());
      // The loss may have ended a measurement.
      else measureMissing();
    } else {
      const now = get().device;
      if (now.phase === "reopening") set({ device: { ...device, error: now.error } });
    }
  },
});

function noWebgpu(error: EngineError, set: SetState, get: GetState): void {
  const { device } = get();
  if (device.phase === "ready") return set({ device: { phase: "absent", error } });
  // Browsers refuse adapters to a page whose GPU process has crashed twice, until it is loaded again. What is on the screen must stay until then.
  const text = `The device could not be opened again: ${error.message} Reload the page: the browser offers the GPU to it anew, and a run resumes from its last checkpoint.`;
  set({ device: { ...device, error: new EngineError("device-lost", text, { reload: true }) } });
}

function deviceLost(
  error: EngineError,
  trainingFailed: boolean,
  { clearTurns }: Pick<Deps, "clearTurns">,
  { set, get }: { set: SetState; get: GetState },
): void {
  const { device, run } = get();
  // A loss is reported twice: as an event, and as the failure of the work under way.
  const training = trainingFailed || run.phase === "training" || (device.phase === "lost" && device.training);
  clearTurns();
  // A start that waits must not begin on the next device.
  if (get().startWaits) void get().stop();
  const paused = run.phase === "training" ? { run: { ...run, phase: "paused" as const } } : {};
  set({ device: { phase: "lost", error, training }, pendingCommand: null, progress: {}, ...paused });
}
