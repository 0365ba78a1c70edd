// What errors of the device and of the browser mean: the same whatever was being done, but for the advice.
import { OPENING, STAYS } from "./modelSituations.ts";
import { RUNS, SAME_RUNS, type Situation, TRAINING } from "./situation.ts";

export const ABOUT_THE_MACHINE: readonly Situation[] = [
  {
    name: "no WebGPU",
    codes: ["no-webgpu"],
    title: "No WebGPU",
    advice: "Open this page in a browser with WebGPU, or turn WebGPU on.",
  },
  { name: "device lost", codes: ["device-lost"], title: "GPU lost", advice: "Nothing on the screen is lost." },
  {
    name: "worker ended",
    codes: ["bug"],
    says: /^The GPU worker ended/,
    title: "GPU work has ended",
    advice: "Finished runs are saved.",
  },
  {
    name: "out of memory",
    codes: ["out-of-memory"],
    says: /^The browser has no memory left for this page/,
    title: "Out of memory",
    advice: "Close other pages and programs, then try again. Nothing on the screen is lost.",
  },
  {
    name: "out of GPU memory, opening",
    codes: ["out-of-memory"],
    contexts: OPENING,
    title: "Out of GPU memory",
    advice: `Close other pages that use the GPU, or open a smaller model. ${STAYS}`,
  },
  {
    name: "out of GPU memory, training",
    codes: ["out-of-memory"],
    contexts: TRAINING,
    title: "Out of GPU memory",
    advice: "Close other pages that use the GPU, or choose fewer tokens per step.",
  },
  {
    name: "out of GPU memory",
    codes: ["out-of-memory"],
    title: "Out of GPU memory",
    advice: "Close other pages that use the GPU, then try again.",
  },
  {
    name: "too large, opening",
    codes: ["limit"],
    contexts: OPENING,
    title: "Too large for this GPU",
    advice: `Choose one of the settings that fit, under Model, or a smaller model. ${STAYS}`,
  },
  {
    name: "too large, recovery",
    codes: ["limit"],
    contexts: TRAINING,
    says: /^A recovery of/,
    title: "Too large for this GPU",
    advice: "Train the output matrices only, or choose half precision.",
  },
  {
    name: "too large, training",
    codes: ["limit"],
    contexts: TRAINING,
    title: "Too large for this GPU",
    advice: "Choose fewer tokens per step.",
  },
  {
    name: "comparison too long for a link",
    codes: ["limit"],
    contexts: RUNS,
    says: /too long for a link/,
    title: "This link was not made",
    advice: SAME_RUNS,
  },
  {
    name: "too large",
    codes: ["limit"],
    title: "Too large for this GPU",
    advice: "Choose fewer tokens, or a machine with a larger GPU.",
  },
  {
    name: "shader",
    codes: ["shader"],
    title: "A GPU program failed to compile",
    advice:
      "Update the browser and the graphics driver. If that does not help, report this message with the name of your GPU.",
  },
  {
    name: "disk full",
    codes: ["storage"],
    says: /Quota|AbortError|free disk space|are free|does not fit/i,
    title: "Disk full",
    advice: "Nothing on the screen is lost.",
  },
  {
    name: "clipboard",
    codes: ["storage"],
    says: /let this page copy/,
    title: "Nothing was copied",
    advice: "Nothing else was changed.",
  },
  {
    name: "storage blocked",
    codes: ["storage"],
    title: "Storage problem",
    advice: "Allow this site to store data, or choose another folder. Nothing on the screen is lost.",
  },
];
