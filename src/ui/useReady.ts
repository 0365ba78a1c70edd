// When the open model can be used: the conditions that several panels share.
import { useStudio } from "./studioContext.tsx";

/** A model is open on a working GPU, and no run is training on it. */
export function useModelReady(): boolean {
  return useStudio(({ model, device, run }) => {
    return model.phase === "open" && device.phase === "ready" && run.phase !== "training";
  });
}

/** The same, and no command of the run waits for its answer. */
export function useModelFree(): boolean {
  const ready = useModelReady();
  const idle = useStudio((state) => state.asked === null);
  return ready && idle;
}
