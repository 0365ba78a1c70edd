// What each error means to the reader, by its code and by what was being done: a title, and what to do. The error's own message is shown between the two.
import { ABOUT_MODELS, OPENING, STAYS } from "./modelSituations.ts";
import { READ_ELSEWHERE, type Situation } from "./situation.ts";

/** What was being done, with words that several situations share. */
const TEXTS = ["text"] as const;
const RUNS = ["runs"] as const;
const LINKS = ["link"] as const;
const TRAINING = ["training"] as const;
const PRUNING = ["training", "pruning"] as const;
const EXPORTING = ["export"] as const;

const SAME_TEXT = "The previous text stays.";
const SAME_RUNS = "The saved runs are as before.";
/** The device and the browser: the same whatever was being done. */
const MACHINE: readonly Situation[] = [
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

const ABOUT_TEXTS: readonly Situation[] = [
  {
    name: "text empty",
    codes: ["format", "shape", "config"],
    contexts: TEXTS,
    says: /is empty|got 0\b/,
    title: "The text is empty",
    advice: `Choose another file. ${SAME_TEXT}`,
  },
  {
    name: "text too short",
    codes: ["format", "shape"],
    contexts: TEXTS,
    says: /at least [\d,]+ tokens/,
    title: "The text is too short",
    advice: SAME_TEXT,
  },
  {
    name: "text not decodable",
    codes: ["format"],
    contexts: TEXTS,
    says: /UTF|as text|decode/i,
    title: "This file is not plain text",
    advice: SAME_TEXT,
  },
  {
    name: "text offline",
    codes: ["network", "bug"],
    contexts: TEXTS,
    says: READ_ELSEWHERE,
    title: "The text could not be loaded",
    advice: `Check that you are online, or choose a file from this machine. ${SAME_TEXT}`,
  },
  {
    name: "texts locked",
    codes: ["config"],
    contexts: TEXTS,
    says: /while a run trains/,
    title: "The texts cannot be changed now",
    advice: SAME_TEXT,
  },
  {
    name: "several texts",
    codes: ["config"],
    contexts: TEXTS,
    says: /Expected one text/,
    title: "One text at a time",
    advice: SAME_TEXT,
  },
  {
    name: "text tokens",
    codes: ["config"],
    contexts: TEXTS,
    title: "The text has characters that cannot be used",
    advice: SAME_TEXT,
  },
  {
    name: "text unreadable",
    codes: ["format", "shape", "network", "unsupported"],
    contexts: TEXTS,
    title: "This text cannot be used",
    advice: `Choose another file. ${SAME_TEXT}`,
  },
];

const ABOUT_RUNS: readonly Situation[] = [
  {
    name: "run of another model",
    codes: ["config", "shape"],
    contexts: RUNS,
    says: /belongs to/,
    title: "This run belongs to another model",
    advice: SAME_RUNS,
  },
  {
    name: "run file",
    codes: ["format", "config", "shape"],
    contexts: RUNS,
    says: /\.json|record|JSON/,
    title: "This file has no runs that can be read",
    advice: `Choose a JSON file that Espalier exported, with “Export”. ${SAME_RUNS}`,
  },
  {
    name: "run not saved any more",
    codes: ["config", "format", "shape"],
    contexts: RUNS,
    title: "This run cannot be used",
    advice: SAME_RUNS,
  },
  {
    name: "run without its weights",
    codes: ["unsupported"],
    contexts: RUNS,
    title: "Masks alone cannot restore this run",
    advice: SAME_RUNS,
  },
];

const ABOUT_WORK: readonly Situation[] = [
  {
    name: "link invalid",
    codes: ["config", "format"],
    contexts: LINKS,
    title: "Part of this link was ignored",
    advice: "Whatever is valid in it was used.",
  },
  {
    name: "calibration text too short",
    codes: ["shape"],
    contexts: PRUNING,
    says: /text: expected at least/,
    title: "The calibration text is too short",
    advice: "Texts are chosen under Run.",
  },
  {
    name: "run of another text",
    codes: ["config"],
    contexts: TRAINING,
    says: /^calibration text: expected the one/,
    title: "The saved run belongs to another text",
    advice: "The saved run stays.",
  },
  {
    name: "recipe",
    codes: ["config", "shape", "unsupported"],
    contexts: PRUNING,
    title: "Invalid setting",
    advice: "Change the value and try again.",
  },
  {
    name: "checkpoint",
    codes: ["format"],
    contexts: TRAINING,
    title: "The saved checkpoint cannot be used",
    advice: "The map and the curves on the screen stay.",
  },
  {
    name: "loss is not a number",
    codes: ["not-finite"],
    contexts: TRAINING,
    title: "The loss is no longer a number",
    advice:
      "The run stopped; its last good checkpoint, the map and the curves are kept. Lower the learning rate (try a tenth) or lambda in the recipe and train again.",
  },
  {
    name: "number too large",
    codes: ["not-finite"],
    title: "A value is not a finite number",
    advice: "Nothing was written.",
  },
  {
    name: "export not possible",
    codes: ["config", "shape", "unsupported", "format"],
    contexts: EXPORTING,
    title: "This export is not possible",
    advice: "No file was offered. The masks on the screen stay.",
  },
];

/** Whatever is left, by code alone: nothing here names a kind of file. */
const REST: readonly Situation[] = [
  {
    name: "offline",
    codes: ["network", "bug"],
    says: READ_ELSEWHERE,
    title: "No connection",
    advice: "Check that you are online, then try again.",
  },
  { name: "network", codes: ["network"], title: "Download failed", advice: "Check your connection, then try again." },
  { name: "not readable", codes: ["format"], title: "This file cannot be read", advice: "Nothing was changed." },
  {
    name: "setting",
    codes: ["config", "shape"],
    title: "Invalid setting",
    advice: "Change the value and try again.",
  },
  {
    name: "not supported",
    codes: ["unsupported"],
    title: "Not supported",
    advice: "Choose another setting. Nothing was changed.",
  },
  { name: "cancelled", codes: ["cancelled"], title: "Cancelled", advice: "Nothing was changed." },
  {
    name: "unexpected",
    codes: ["bug"],
    title: "Unexpected error",
    advice: "Nothing on the screen is lost. If it happens again, reload the page and report this message.",
  },
];

/** Every situation; the first that fits an error is shown. */
export const SITUATIONS: readonly Situation[] = [
  ...MACHINE,
  ...ABOUT_MODELS,
  ...ABOUT_TEXTS,
  ...ABOUT_RUNS,
  ...ABOUT_WORK,
  ...REST,
];
