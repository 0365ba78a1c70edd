// Remembers the memory of the GPU, which WebGPU does not report, so that every later model is planned for it.
import type { StudioStore } from "../state/store.ts";

const KEY = "espalier-gpu-memory-bytes";

function remembered(): number | null {
  try {
    const bytes = Number(localStorage.getItem(KEY));
    return Number.isFinite(bytes) && bytes > 0 ? bytes : null;
  } catch {
    // storage may be forbidden
    return null;
  }
}

/** Applies the remembered memory, then follows the store. */
export function linkGpuMemory(store: StudioStore["store"]): void {
  const bytes = remembered();
  if (bytes !== null) void store.getState().setGpuMemory(bytes);
  store.subscribe(({ gpuMemoryBytes }, before) => {
    if (gpuMemoryBytes === before.gpuMemoryBytes) return;
    try {
      if (gpuMemoryBytes === null) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, String(gpuMemoryBytes));
    } catch {
      // not remembered; nothing else depends on it
    }
  });
}
