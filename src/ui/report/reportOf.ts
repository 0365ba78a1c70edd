// The report of a run: what was measured, its texts, recipe and layers, the checks of its exports, and the hashes that identify it.
import {
  type ExportedForm,
  METHOD_NAMES,
  recipeJson,
  type RecoveryReceipt,
  recoveryWords,
  type Run,
  type RunMasks,
  type RunRecord,
  type TextRef,
  unpackRunMasks,
} from "../../engine/index.ts";
import { bytes, keptPercent, percent, perplexityText, small, stepTime, whole } from "../../shared/format.ts";
import { scoreRows, scoreText, taskTitle } from "../../shared/scoreTable.ts";
import { titleOf } from "../../shared/texts.ts";
import type { KnownFacts } from "../../worker/protocol.ts";
import { layerRows } from "../views/layersView.ts";
import { methodLabel } from "../views/runViews.ts";
import type { Report, ReportChart, ReportPart } from "./report.ts";

export interface ReportInput {
  run: Run;
  /** Sizes of its model, where that is known. */
  facts: KnownFacts | null;
  /** What the dense and this pruned model wrote; null where they wrote nothing. */
  written: { prompt: string; temperature: number; seed: number; dense: string; pruned: string } | null;
  /** Checks of exports of exactly this pruning. */
  checks: readonly ExportedForm[];
  charts: readonly ReportChart[];
  /** The command that does the run again; null where there is none. */
  command: string | null;
  /** SHA-256 of the run's masks as they are in its JSON. */
  masksSha256: string;
  /** Version of the program that writes the report. */
  version: string;
  /** When it is written. */
  now: Date;
}

type Facts = readonly (readonly [label: string, value: string])[];
type Section = Report["sections"][number];

const facts = (rows: Facts): ReportPart => ({ kind: "facts", rows });
const minutes = (iso: string): string => `${iso.slice(0, 16).replace("T", " ")} UTC`;
const countsText = (share: { kept: number; of: number }): string =>
  `${keptPercent(share)} (${whole(share.kept)} of ${whole(share.of)})`;
const textName = (text: TextRef): string => {
  const title = titleOf(text);
  return title === text.name ? title : `${title} (${text.name})`;
};

function resultSection(record: RunRecord): Section {
  const { kept, perplexity, msPerToken, finished, adapter } = record;
  const { dense, pruned, text, context, tokens, beginToken, quantised } = perplexity;
  const change = `${pruned >= dense ? "+" : ""}${percent(pruned / dense - 1)}`;
  return {
    title: "Result",
    parts: [
      facts([
        ["Method", methodLabel(record)],
        ["Kept block weights", countsText(kept.blockWeights)],
        ["Kept parameters", countsText(kept.modelWeights)],
        ["Size of the weights", bytes(kept.bytes)],
        ["Perplexity, dense", perplexityText(dense)],
        ["Perplexity, pruned", `${perplexityText(pruned)} (${change})`],
        ["Measured on", `${textName(text)}, context ${whole(context)}, ${whole(tokens)} tokens`],
        ["Begin token", beginToken ? "at the start of every window" : "none"],
        ...(quantised ? ([["Weights while measuring", `quantised to ${quantised}`]] as const) : []),
        ...(msPerToken
          ? ([
              ["Time per token", `${stepTime(msPerToken.dense)} dense, ${stepTime(msPerToken.pruned)} pruned`],
            ] as const)
          : []),
        ["Adapter", adapter],
        ["Finished", minutes(finished)],
      ]),
    ],
  };
}

/** Every setting under its name in files, links and receipts. */
function settingsOf(made: RunRecord["made"]): Facts {
  const rows = (settings: object): Facts =>
    Object.entries(settings).map(([name, value]) => [name, String(value)] as const);
  if (made.kind === "weights") return rows({ ...made.recipe, method: METHOD_NAMES[made.recipe.method] });
  if (made.kind === "baseline") return rows({ method: made.method, keep: made.ratio, seed: made.seed });
  const { recipe, steps, targets, point } = made;
  const moved = (targets ?? []).map(([step, ratio]) => `${ratio} from step ${step}`).join(", ");
  return [
    ...rows(recipeJson(recipe)),
    ["steps done", whole(steps)],
    ...(moved === "" ? [] : ([["targets", moved]] as const)),
    ...(point === undefined ? [] : ([["threshold at", String(point)]] as const)),
  ];
}

function recipeSection({ made, calibration }: RunRecord, command: string | null): Section {
  return {
    title: "Recipe",
    parts: [
      facts([...settingsOf(made), ["calibration text", textName(calibration)]]),
      ...(command === null
        ? []
        : [{ kind: "quote", label: "The same run on the command line", text: command } as const]),
    ],
  };
}

const size = ([outputs, inputs]: readonly [number, number]): string => `${whole(outputs)} × ${whole(inputs)}`;
const ones = (gates: Uint8Array): number => gates.reduce((sum, gate) => sum + gate, 0);

/** Every linear layer where the sizes of the model are known; otherwise the widths of the selection vectors, or the matrices of the masks. */
function layersPart(masks: RunMasks, known: KnownFacts | null): ReportPart {
  const kept = unpackRunMasks(masks).map(({ gates }) => ones(gates));
  if (masks.kind === "weights")
    return {
      kind: "table",
      head: ["matrix", "size", "kept weights", "share"],
      rows: masks.matrices.map(({ name, shape }, i) => {
        const share = { kept: kept[i] ?? 0, of: shape[0] * shape[1] };
        return [name, size(shape), whole(share.kept), keptPercent(share)];
      }),
    };
  const fits = known?.layers === masks.sizes.length / 5 && known.dModel === masks.sizes[0];
  if (known && fits)
    return {
      kind: "table",
      head: ["layer", "before", "after", "kept weights", "share"],
      rows: layerRows(known, { architecture: { counts: kept }, weights: null }).map((row) => {
        return [row.name, size(row.before), size(row.after), whole(row.kept), percent(row.kept / row.of)];
      }),
    };
  return {
    kind: "table",
    head: ["block", "s1", "s2", "s3", "s4", "s5"],
    rows: Array.from({ length: masks.sizes.length / 5 }, (_, block) => [
      String(block),
      ...kept
        .slice(5 * block, 5 * block + 5)
        .map((one, k) => `${whole(one)} of ${whole(masks.sizes[5 * block + k] ?? 0)}`),
    ]),
  };
}

function recoverySection({ recovery }: RunRecord): Section[] {
  if (!recovery) return [];
  const { guard, prunedBefore } = recovery;
  return [
    {
      title: "Recovery",
      parts: [
        {
          kind: "note",
          text: "The kept weights were changed after pruning, so the masks alone do not rebuild this model.",
        },
        facts([
          ["Changed by", recoveryWords(recovery)],
          ["Perplexity before it", perplexityText(prunedBefore)],
          ["Guard’s slice", `${perplexityText(guard.before)} before, ${perplexityText(guard.after)} after`],
          ...recoverySettings(recovery),
          ["SHA-256 of the changed weights", recovery.weightsSha256],
        ]),
      ],
    },
  ];
}

function recoverySettings({ refit, recipe }: RecoveryReceipt): Facts {
  return [refit ?? {}, recipe ?? {}].flatMap((settings) =>
    Object.entries(settings).map(([name, value]) => [name, String(value)] as const),
  );
}

function scoresSection({ scores }: RunRecord): Section[] {
  if (!scores) return [];
  const columns = scores.models.map((column) => ({ ...column, name: column.model }));
  const rows = scoreRows(scores.tasks.map(taskTitle), columns);
  return [
    {
      title: "Zero-shot tasks",
      parts: [
        {
          kind: "table",
          head: ["task", "measure", ...columns.map(({ name }) => name)],
          rows: rows.map(({ task, measure, unit, cells }) => {
            return [task ?? "agreement with the dense model", measure, ...cells.map((cell) => scoreText(unit, cell))];
          }),
        },
      ],
    },
  ];
}

function checksSection(checks: readonly ExportedForm[]): Section[] {
  if (checks.length === 0) return [];
  const row = (check: ExportedForm): string[] => [
    ...[check.form, check.dtype, bytes(check.bytes), `${check.runtime} ${check.version}`.trim()],
    ...[Number.isFinite(check.largestDifference) ? small(check.largestDifference) : "", percent(check.equalArgmax)],
    check.ok ? "passed" : `not offered: ${check.reason ?? "it did not pass"}`,
  ];
  return [
    {
      title: "Exports",
      parts: [
        { kind: "note", text: "Each form was written, opened again and compared with the engine’s logits." },
        {
          kind: "table",
          head: ["form", "weights", "size", "opened by", "largest logit difference", "equal argmax", "check"],
          rows: checks.map(row),
        },
      ],
    },
  ];
}

function writtenSection({ written }: ReportInput): Section[] {
  if (!written) return [];
  const { prompt, temperature, seed, dense, pruned } = written;
  return [
    {
      title: "Same prompt, dense and pruned",
      parts: [
        facts([
          ["Temperature", temperature === 0 ? "0 (greedy)" : String(temperature)],
          ["Seed of the text", String(seed)],
        ]),
        { kind: "quote", label: "Prompt", text: prompt },
        { kind: "quote", label: "Dense", text: dense },
        { kind: "quote", label: "Pruned", text: pruned },
      ],
    },
  ];
}

/** Perplexities that were measured while the run trained. */
function readingsSection({ history }: Run): Section[] {
  const readings = history?.readings ?? [];
  if (readings.length === 0) return [];
  return [
    {
      title: "Perplexity while it trained",
      parts: [
        {
          kind: "table",
          head: ["steps", "ratio", "perplexity", "measured on"],
          rows: readings.map(({ step, ratio, value, text, context, tokens }) => [
            ...[whole(step), percent(ratio), perplexityText(value)],
            `${titleOf(text)}, context ${whole(context)}, ${whole(tokens)} tokens`,
          ]),
        },
      ],
    },
  ];
}

function identitySection({ run: { record }, facts: known, masksSha256, version, now }: ReportInput): Section {
  const { model, calibration, perplexity, id } = record;
  return {
    title: "What identifies it",
    parts: [
      facts([
        ["Model", `${model.name} (${model.modelType})`],
        ...(known ? ([["Licence of the model", known.licence]] as const) : []),
        ["Fingerprint of the model", model.fingerprint],
        ["SHA-256 of the masks", masksSha256],
        [`SHA-256 of ${calibration.name}`, calibration.sha256],
        ...(perplexity.text.name === calibration.name
          ? []
          : ([[`SHA-256 of ${perplexity.text.name}`, perplexity.text.sha256]] as const)),
        ["Id of the run", id],
        ["Report written", `${minutes(now.toISOString())} by Espalier ${version}`],
      ]),
    ],
  };
}

export function reportOf(input: ReportInput): Report {
  const { run, facts: known, checks, charts, command } = input;
  const { record, masks } = run;
  return {
    title: record.name,
    about: `${record.model.name}, pruned to ${keptPercent(record.kept.blockWeights)} of its block weights. A report by Espalier.`,
    charts,
    sections: [
      resultSection(record),
      ...writtenSection(input),
      ...readingsSection(run),
      ...scoresSection(record),
      ...recoverySection(record),
      recipeSection(record, command),
      { title: masks.kind === "weights" ? "Matrices" : "Layers, before → after", parts: [layersPart(masks, known)] },
      ...checksSection(checks),
      identitySection(input),
    ],
  };
}
