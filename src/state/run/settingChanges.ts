// What differs between two states of the settings, in words.
import { METHOD_NAMES } from "../../engine/index.ts";
import { ratioText, whole } from "../../shared/format.ts";
import type { Settings } from "./settingsState.ts";

const RECIPE_WORDS = {
  ...{ ratio: "target", ratioMode: "trained for", ratioFrom: "lowest ratio", ratioTo: "highest ratio" },
  ...{ steps: "steps", tokens: "tokens per step", lambda: "lambda", learningRate: "learning rate" },
  ...{ weightDecay: "weight decay", seed: "seed", checkpointEvery: "checkpoint every", gates: "gates" },
  ...{ widthMultiple: "MLP widths", estimator: "estimator" },
} as const;
const WEIGHT_WORDS = {
  ...{ pattern: "pattern", sequences: "calibration sequences", tokens: "calibration tokens" },
  seed: "calibration seed",
} as const;
const RATIOS = new Set(["ratio", "ratioFrom", "ratioTo"]);

interface SettingChange {
  /** Name of the setting, unique among all. */
  field: string;
  words: string;
  from: string;
  to: string;
}

const methodText = (method: Settings["method"]): string => (method === "disp" ? "DISP-LLM" : METHOD_NAMES[method]);

function text(field: string, value: string | number): string {
  if (typeof value === "string") return value;
  if (RATIOS.has(field)) return ratioText(value);
  return Number.isInteger(value) && field !== "seed" ? whole(value) : String(value);
}

function differing<T extends object>(
  from: T,
  to: T,
  words: Partial<Record<keyof T & string, string>>,
  prefix = "",
): SettingChange[] {
  return (Object.keys(words) as (keyof T & string)[]).flatMap((field) => {
    const [a, b] = [from[field], to[field]] as [string | number, string | number];
    const name = words[field] ?? field;
    return a === b ? [] : [{ field: `${prefix}${field}`, words: name, from: text(field, a), to: text(field, b) }];
  });
}

/** Every setting that differs. The method of single weights is part of the method. */
export function settingChanges(from: Settings, to: Settings): SettingChange[] {
  const method = { field: "method", words: "method", from: methodText(from.method), to: methodText(to.method) };
  return [
    ...(from.method === to.method ? [] : [method]),
    ...differing(from.recipe, to.recipe, RECIPE_WORDS),
    ...differing(from.weightRecipe, to.weightRecipe, WEIGHT_WORDS, "calibration "),
  ];
}

/** Changes that are named; others are counted. */
const NAMED = 4;

/** "target 50 % (was 45 %), steps 300 (was 600)". */
export function changeWords(changes: readonly SettingChange[]): string {
  const named = changes.slice(0, NAMED).map(({ words, from, to }) => `${words} ${to} (was ${from})`);
  const others = changes.length - named.length;
  return [...named, ...(others > 0 ? [`and ${others} more`] : [])].join(", ");
}
