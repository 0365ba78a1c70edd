// What errors mean while a run is made, saved, opened, linked or exported.
import { RUNS, SAME_RUNS, type Situation, TRAINING } from "./situation.ts";

const LINKS = ["link"] as const;
const PRUNING = ["training", "pruning"] as const;
const EXPORTING = ["export"] as const;

export const ABOUT_RUNS: readonly Situation[] = [
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

export const ABOUT_WORK: readonly Situation[] = [
  {
    name: "link while a run has begun",
    codes: ["config"],
    contexts: LINKS,
    says: /^A run has begun/,
    title: "This link was not applied",
    advice: "The run is as it was.",
  },
  {
    name: "link of another model",
    codes: ["config"],
    contexts: LINKS,
    says: /^This link is of the model/,
    title: "This link needs another model",
    advice: "Links only change settings.",
  },
  {
    name: "link without settings",
    codes: ["config"],
    contexts: LINKS,
    says: /has no setting that Espalier knows/,
    title: "This link changed nothing",
    advice: "The settings are as they were.",
  },
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
