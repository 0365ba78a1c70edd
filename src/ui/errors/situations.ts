// What each error means to the reader, by its code and by what was being done: a title, and what to do. The error's own message is shown between the two.
import { ABOUT_THE_MACHINE } from "./machineSituations.ts";
import { ABOUT_MODELS } from "./modelSituations.ts";
import { ABOUT_RUNS, ABOUT_WORK } from "./runSituations.ts";
import { READ_ELSEWHERE, type Situation } from "./situation.ts";
import { ABOUT_TEXTS } from "./textSituations.ts";

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
  ...ABOUT_THE_MACHINE,
  ...ABOUT_MODELS,
  ...ABOUT_TEXTS,
  ...ABOUT_RUNS,
  ...ABOUT_WORK,
  ...REST,
];
