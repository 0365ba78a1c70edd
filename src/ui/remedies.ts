// What each error code means to the reader: a heading, and what can be done. The error's own message stands between them.
import type { ErrorCode } from "../engine/index.ts";

export interface Remedy {
  heading: string;
  advice: string;
}

export const REMEDIES: Readonly<Record<ErrorCode, Remedy>> = {
  "no-webgpu": {
    heading: "This browser offers no WebGPU",
    advice: "Open this page in a browser with WebGPU, or turn it on.",
  },
  limit: {
    heading: "More than this adapter allows",
    advice: "Choose fewer tokens a step, a smaller model, or a machine with a larger GPU.",
  },
  "out-of-memory": {
    heading: "The GPU's memory is full",
    advice: "Close other pages that use the GPU, choose fewer tokens a step, or open a smaller model.",
  },
  "device-lost": {
    heading: "The GPU device was lost",
    advice: "Everything on the screen stays.",
  },
  shape: {
    heading: "The tensors do not fit together",
    advice: "The config and the weights of this model contradict each other; check that they belong to one model.",
  },
  shader: {
    heading: "A GPU program could not be compiled",
    advice: "Update the browser and the graphics driver. If it stays, report it with the name of the adapter.",
  },
  format: {
    heading: "This file cannot be read",
    advice: "Fetch the file again and compare its size with the source's. The model before stays open.",
  },
  config: {
    heading: "A setting cannot be used",
    advice: "Change the value that is named and try again.",
  },
  unsupported: {
    heading: "This model is not supported",
    advice: "Open a model of a supported family. The model before stays open.",
  },
  "not-finite": {
    heading: "The loss stopped being a number",
    advice:
      "The run has stopped; its last good checkpoint, the map and the curves are kept. Lower the learning rate (a tenth is a good start) or lambda in the recipe and train again.",
  },
  storage: {
    heading: "The browser's storage refused",
    advice: "Free some disk space, or allow this site to store data. What is on the screen stays.",
  },
  network: {
    heading: "The model could not be fetched",
    advice: "The model before stays open.",
  },
  cancelled: { heading: "Called off", advice: "Nothing was changed." },
  bug: {
    heading: "Something went wrong that should not",
    advice: "What is on the screen stays. If it happens again, reload the page and report the message.",
  },
};
