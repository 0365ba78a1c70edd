// Sections of a report on what was measured and written: result, texts, perplexity while it trained, tasks, and checks of exports.
import type { ExportedForm, Run, RunRecord } from "../../engine/index.ts";
import { bytes, keptPercent, percent, perplexityText, small, stepTime, whole } from "../../shared/format.ts";
import { scoreRows, scoreText, taskTitle } from "../../shared/scoreTable.ts";
import { titleOf } from "../../shared/texts.ts";
import { methodLabel } from "../views/runViews.ts";
import type { ReportInput, ReportSection } from "./report.ts";
import { facts, minutes, textName } from "./reportParts.ts";

const countsText = (share: { kept: number; of: number }): string =>
  `${keptPercent(share)} (${whole(share.kept)} of ${whole(share.of)})`;

export function resultSection(record: RunRecord): ReportSection {
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

export function writtenSection({ written }: Pick<ReportInput, "written">): ReportSection[] {
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
export function readingsSection({ history }: Run): ReportSection[] {
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

export function scoresSection({ scores }: RunRecord): ReportSection[] {
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

export function checksSection(checks: readonly ExportedForm[]): ReportSection[] {
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
