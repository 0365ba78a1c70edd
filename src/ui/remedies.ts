// What each error code means for the reader: a heading, and what to do. The error's own message is shown between the two.
import type { ErrorCode } from "../engine/index.ts";

interface Remedy {
  /** Without a final period. */
  heading: string;
  advice: string;
}

export const REMEDIES: Readonly<Record<ErrorCode, Remedy>> = {
  "no-webgpu": {
    heading: "No WebGPU",
    advice: "Open this page in a browser with WebGPU, or turn WebGPU on.",
  },
  limit: {
    heading: "Too large for this GPU",
    advice: "Choose fewer tokens per step, a smaller model, or a machine with a larger GPU.",
  },
  "out-of-memory": {
    heading: "Out of GPU memory",
    advice: "Close other pages that use the GPU, choose fewer tokens per step, or open a smaller model.",
  },
  "device-lost": {
    heading: "GPU lost",
    advice: "Nothing on the screen is lost.",
  },
  shape: {
    heading: "Tensor shapes do not match",
    advice: "Check that config, weights and masks belong to the same model, and that the pattern divides its sizes.",
  },
  shader: {
    heading: "A GPU program failed to compile",
    advice:
      "Update the browser and the graphics driver. If that does not help, report this message with the name of your GPU.",
  },
  format: {
    heading: "This file cannot be read",
    advice:
      "Check that it is the right file and that it is complete; download it again if in doubt. Nothing was changed.",
  },
  config: {
    heading: "Invalid setting",
    advice: "Change the value and try again.",
  },
  unsupported: {
    heading: "Not supported",
    advice: "Choose a supported model, method or pattern. Nothing was changed.",
  },
  "not-finite": {
    heading: "The loss is no longer a number",
    advice:
      "The run stopped; its last good checkpoint, the map and the curves are kept. Lower the learning rate (try a tenth) or lambda in the recipe and train again.",
  },
  storage: {
    heading: "Storage problem",
    advice: "Free some disk space, or allow this site to store data. Nothing on the screen is lost.",
  },
  network: {
    heading: "Download failed",
    advice: "Check the address and your connection. The previous model stays open.",
  },
  cancelled: { heading: "Cancelled", advice: "Nothing was changed." },
  bug: {
    heading: "Unexpected error",
    advice: "Nothing on the screen is lost. If it happens again, reload the page and report this message.",
  },
};
