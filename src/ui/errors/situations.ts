// What each error means to the reader, by its code and by what was being done: a title, and what to do. The error's own message is shown between the two.
import type { ErrorCode } from "../../engine/index.ts";
import type { ErrorContext } from "../../state/page/pageState.ts";

/** What was being done, with words that several situations share. */
const OPENING = ["model"] as const;
const TEXTS = ["text"] as const;
const RUNS = ["runs"] as const;
const LINKS = ["link"] as const;
const TRAINING = ["training"] as const;
const PRUNING = ["training", "pruning"] as const;
const EXPORTING = ["export"] as const;

export interface Situation {
  /** Unique; names the situation in tests. */
  name: string;
  codes: readonly ErrorCode[];
  /** What was being done; by default anything. */
  contexts?: readonly ErrorContext[];
  /** What the message has; by default anything. */
  says?: RegExp;
  /** Without a final period. */
  title: string;
  /** Full sentences. */
  advice: string;
}

const STAYS = "The previous model stays open.";
const SAME_TEXT = "The previous text stays.";
const SAME_RUNS = "The saved runs are as before.";
const READ_ELSEWHERE =
  /Failed to fetch|NetworkError|Load failed|connection failed|no data arrived|could not be fetched/i;

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
    name: "too large, training",
    codes: ["limit"],
    contexts: TRAINING,
    title: "Too large for this GPU",
    advice: "Choose fewer tokens per step.",
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
    contexts: LINKS,
    title: "The link was not copied",
    advice: "Nothing else was changed.",
  },
  {
    name: "storage blocked",
    codes: ["storage"],
    title: "Storage problem",
    advice: "Allow this site to store data, or choose another folder. Nothing on the screen is lost.",
  },
];

const ABOUT_MODELS: readonly Situation[] = [
  {
    name: "gated model",
    codes: ["network"],
    contexts: OPENING,
    says: /is gated|private or gated|no access|Sign in/,
    title: "This model needs your permission",
    advice: `Espalier signs in nowhere, so it cannot download it. ${STAYS}`,
  },
  {
    name: "not found on the hub",
    codes: ["network"],
    contexts: OPENING,
    says: /There is no |answered 404|answered 410/,
    title: "Model not found",
    advice: `Names are case-sensitive. ${STAYS}`,
  },
  {
    name: "offline, opening",
    codes: ["network", "bug"],
    contexts: OPENING,
    says: READ_ELSEWHERE,
    title: "No connection",
    advice: `Check that you are online; models that were fetched before open without a connection. ${STAYS}`,
  },
  {
    name: "download",
    codes: ["network"],
    contexts: OPENING,
    title: "Download failed",
    advice: `Try again later, or download the files by hand and drop the folder on this page. ${STAYS}`,
  },
  {
    name: "choice of GGUF files",
    codes: ["config"],
    contexts: OPENING,
    says: /expected one GGUF file/,
    title: "Several models in one place",
    advice: "Choose one of them.",
  },
  {
    name: "address",
    codes: ["config"],
    contexts: OPENING,
    says: /^address: /,
    title: "This address cannot be used",
    advice: "Type it as in the examples.",
  },
  {
    name: "missing tokenizer",
    codes: ["format"],
    contexts: OPENING,
    says: /expected (a file )?tokenizer\.json|tokenizer\.json is missing/,
    title: "The tokenizer is missing",
    advice: `tokenizer.json is next to the weights where the model was published; put it into the same folder. ${STAYS}`,
  },
  {
    name: "tokenizer",
    codes: ["format", "config", "unsupported"],
    contexts: OPENING,
    says: /tokenizer/,
    title: "The tokenizer cannot be used",
    advice: `A wrong tokenizer would give wrong numbers, so the model was not opened. ${STAYS}`,
  },
  {
    name: "no model here",
    codes: ["format"],
    contexts: OPENING,
    says: /config\.json, got|an empty folder/,
    title: "No model found",
    advice: STAYS,
  },
  {
    name: "model cut off",
    codes: ["format"],
    contexts: OPENING,
    says: /cut short|cut off|damaged/,
    title: "A file is incomplete",
    advice: `Compare its size with the one at the source. ${STAYS}`,
  },
  {
    name: "config contradiction",
    codes: ["format", "config", "shape", "unsupported"],
    contexts: OPENING,
    says: /by config\.json|of the same model|contradict|disagree/,
    title: "The files of this model contradict each other",
    advice: `Take config.json and weights from the same place. ${STAYS}`,
  },
  {
    name: "file malformed",
    codes: ["format"],
    contexts: OPENING,
    title: "This file cannot be read",
    advice: STAYS,
  },
  {
    name: "quantised model",
    codes: ["unsupported"],
    contexts: OPENING,
    says: /quanti[sz]|GPTQ|AWQ|bitsandbytes|fp8|packed/i,
    title: "Quantised models are not supported",
    advice: `Open the original in F32, F16 or BF16, or a GGUF file of it. ${STAYS}`,
  },
  {
    name: "model not supported",
    codes: ["unsupported"],
    contexts: OPENING,
    title: "This model is not supported",
    advice: `Nothing was changed. ${STAYS}`,
  },
  {
    name: "config",
    codes: ["config", "shape"],
    contexts: OPENING,
    title: "The settings of this model cannot be used",
    advice: STAYS,
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
    advice: `Save it as UTF-8 text in an editor, then choose it again. ${SAME_TEXT}`,
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
    title: "Masks alone do not give this run again",
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
