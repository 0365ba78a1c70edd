// The section of bench/quality.md on recovery: every pruned model before and after its kept weights were trained, or only refitted.
import { readFileSync } from "node:fs";
import { keyOf } from "../../src/cli/compare/methods.ts";
import { percent } from "../../src/shared/format.ts";
import { markdownTable } from "../../src/shared/markdownTable.ts";
import { DEFAULT_REFIT_RECIPE } from "../../src/engine/recipes/refitRecipe.ts";
import type { RecoverMatrices } from "../../src/engine/recipes/recoverRecipe.ts";
import { aboutOf, cellOf, NOT_MEASURED, type SectionRuns, stateOf } from "./cells.ts";
import { type Entry, EVERY, EVERY_RECOVERED, RECOVERY } from "./plan.ts";
import { zeroShotTables } from "./zeroShot.ts";

/** Runs that a row shows: the method as `nameOf` writes it, and whether before or after the recovery. */
type Row = readonly [label: string, method: string, before?: "before"];

const [SHORT, LONG] = RECOVERY.steps;
const STRUCTURAL: readonly Row[] = [
  ["DISP", `disp:full+recover:${SHORT}`, "before"],
  [`DISP + recover, ${SHORT} steps`, `disp:full+recover:${SHORT}`],
  [`DISP + recover, ${LONG} steps`, `disp:full+recover:${LONG}`],
  ["DISP + refit, no training", "disp:full+refit"],
  [`DISP + refit + recover, ${SHORT} steps`, `disp:full+refit+recover:${SHORT}`],
  ["DISP, shared gates (constrained)", `disp:constrained+recover:${SHORT}`, "before"],
  [`DISP, shared gates + recover, ${SHORT} steps`, `disp:constrained+recover:${SHORT}`],
  ["random, DISP's widths", `random+recover:${SHORT}`, "before"],
  [`random, DISP's widths + recover, ${SHORT} steps`, `random+recover:${SHORT}`],
  ["random, DISP's widths + refit, no training", "random+refit"],
];

const VARIANTS = "bench/recover-variants.json";

const TRIED = `### What was tried

Older versions lessened the KL divergence from the dense model alone, with smaller learning rates. Their means on the same texts and seeds: DISP + 300 steps 20.56, 21.30, 22.44, 24.29 and 27.46 from 20 to 60 % removed; DISP + 900 steps 20.33 at 20 % and 23.04 at 50 %; random masks + 300 steps 20.84 at 20 % and 25.60 at 50 %; 2:4 + 300 steps 21.88 (dass), 22.02 (wanda) and 21.58 (sparsegpt).

"KL + 4 state" is the loss in use: 4 times the relative error of the head's input is added (METHOD.md 6). The table is of PyTorch, with the masks of one training per ratio (seed 1): perplexity of the guard's slice, by which the weight and the learning rates were chosen, and of the evaluation text.`;

/** A recovery that was tried in PyTorch: its loss and learning rate, and perplexities afterwards. */
interface Variant {
  /** Share of the block weights. */
  kept: number;
  trained: string;
  steps: number;
  loss: string;
  rate: number;
  guard: number;
  held: number;
}

function variantsTable(): string {
  const all = JSON.parse(readFileSync(VARIANTS, "utf8")) as Variant[];
  return markdownTable(
    ["removed", "trained", "steps", "loss", "learning rate", "guard's slice", "evaluation text"],
    all.map(({ kept, trained, steps, loss, rate, guard, held }) => [
      percent(1 - kept, 0),
      ...[trained, String(steps), loss, String(rate)],
      ...[guard.toFixed(2), held.toFixed(2)],
    ]),
  );
}

/** Perplexity of a recovered run before its recovery; of an undone one, which is the pruned model, its own. */
const before = ({ record: { recovery, perplexity } }: Entry): number => recovery?.prunedBefore ?? perplexity.pruned;
const after = ({ record }: Entry): number => record.perplexity.pruned;

/** How many of the measured runs the guard undid; nothing for none. */
function undoneNote({ entries, planned }: SectionRuns): string {
  const keys = planned.map(keyOf);
  const undone = entries.filter(({ key, record }) => keys.includes(key) && !record.recovery).length;
  return undone > 0
    ? ` The guard undid ${undone} of the recoveries and refits: their figures are those of the pruned models.`
    : "";
}

const matricesInWords = (matrices: RecoverMatrices): string =>
  matrices === "all" ? "all matrices of the blocks" : "o_proj and down_proj";

/** The section as Markdown, also where nothing is measured. */
export function recoverySection(made: SectionRuns): string {
  const { ratios, patternMethods, pattern, matrices, name } = RECOVERY;
  const [first] = made.entries;
  const shown = (match: string, of: typeof before): string =>
    cellOf(made, { matches: (key) => key.startsWith(`${match} `), value: of, none: NOT_MEASURED });
  const dense = first ? first.record.perplexity.dense.toFixed(2) : NOT_MEASURED;
  const trained = `DISP for ${RECOVERY.trainingSteps} steps, recoveries of ${matricesInWords(matrices)}, steps of 128 tokens; refits of ${matricesInWords(DEFAULT_REFIT_RECIPE.matrices)}, ${DEFAULT_REFIT_RECIPE.sequences} sequences of 128 tokens, ridge ${DEFAULT_REFIT_RECIPE.ridge}`;
  return [
    `## ${name}`,
    first ? `${aboutOf(first, made, trained)}${undoneNote(made)}` : `${trained}.`,
    markdownTable(
      ["block weights removed", ...ratios.map((ratio) => percent(1 - ratio, 0))],
      [
        ["**dense**", ...ratios.map(() => dense)],
        ...STRUCTURAL.map(([label, method, when]) => [
          label,
          ...ratios.map((ratio) => shown(`${method} keep ${ratio}`, when === "before" ? before : after)),
        ]),
      ],
    ),
    markdownTable(
      [`MLP pattern ${pattern}`, "before", `after ${SHORT} steps`, "after a refit, no training"],
      patternMethods.map((method) => {
        const match = `${method}+recover:${SHORT} ${pattern}`;
        return [method, shown(match, before), shown(match, after), shown(`${method}+refit ${pattern}`, after)];
      }),
    ),
    ...zeroShotTables(made),
    stateOf(made),
    TRIED,
    variantsTable(),
  ].join("\n\n");
}

/** The section on recoveries of a training for every ratio, beside those of a training for one; also where nothing is measured. */
export function everyRecoverySection(made: SectionRuns): string {
  const { name, ratio, steps } = EVERY_RECOVERED;
  const [first] = made.entries;
  const trained = `${steps} steps for every ratio or ${EVERY.dedicatedSteps} for one, then ${SHORT} steps of recovery of ${matricesInWords(RECOVERY.matrices)}`;
  const shown = (method: string, value: typeof before): string =>
    cellOf(made, { matches: (key) => key.startsWith(`${method}+recover:${SHORT} `), value, none: NOT_MEASURED });
  return [
    `## ${name}`,
    first ? `${aboutOf(first, made, trained)}${undoneNote(made)}` : `${trained}.`,
    markdownTable(
      [`${percent(1 - ratio, 0)} of the block weights removed`, "before", `after ${SHORT} steps`],
      [
        ["every ratio", "every"],
        ["dedicated", "disp:full"],
      ].map(([label = "", method = ""]) => [label, shown(method, before), shown(method, after)]),
    ),
    stateOf(made),
  ].join("\n\n");
}
