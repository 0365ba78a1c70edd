// A perplexity with what it was measured of and on; the last reading stays while a new one is measured.
import { METHOD_NAMES } from "../../../engine/index.ts";
import { factor, percent, perplexityText, whole } from "../../../shared/format.ts";
import { titleOf } from "../../../shared/texts.ts";
import { ageOf } from "../../../state/run/shown.ts";
import { lastOf, type Measured, type PerplexityReading, sameReading } from "../../../state/text/textState.ts";
import type { PerplexityResult } from "../../../worker/protocol.ts";
import { useThrottled } from "../../studioContext.tsx";
import { ResultItem } from "./ResultItem.tsx";

interface Props {
  label: string;
  testId: string;
  measured: Measured;
  /** Of the pruned model before its recovery. */
  before?: PerplexityResult | null;
  /** Known without a measurement; shown until there is one. */
  known?: PerplexityResult | null;
  /** Shown while there is neither. */
  empty: string;
}

/** "Measuring, 40 %" while measuring, the message of an error, or nothing. */
function useStatus(measured: Measured): string {
  const progress = useThrottled((state) => state.progress.perplexity);
  if (measured.phase === "failed") return measured.error.message;
  if (measured.phase !== "measuring") return "";
  return progress && progress.total > 0 ? `Measuring, ${percent(progress.done / progress.total, 0)}` : "Measuring…";
}

/** "Known for the built-in model (Speeches, held out, context 512, 2,048 tokens). Measuring, 40 %". */
function knownNote({ text, context, tokens }: PerplexityResult, status: string): string {
  const on = `${titleOf(text)}, context ${whole(context)}, ${whole(tokens)} tokens`;
  return `Known for the built-in model (${on}). ${status}`.trim();
}

/** "at 50.0 %, step 600; Speeches, held out, context 512, 20,480 tokens". */
function describe({ of: { recipe, ratio, step }, result: { text, context, tokens } }: PerplexityReading): string {
  const made = recipe
    ? `${METHOD_NAMES[recipe.method]} ${recipe.pattern}`
    : `at ${percent(ratio)}, step ${whole(step)}`;
  const on = `${titleOf(text)}, context ${whole(context)}, ${whole(tokens)} tokens`;
  return ratio < 1 ? `${made}; ${on}` : on;
}

export function PerplexityItem({ label, testId, measured, before, known, empty }: Props) {
  const status = useStatus(measured);
  const dense = useThrottled((state) => lastOf(state.dense));
  const last = lastOf(measured);
  const age = useThrottled((state) => last && ageOf(last.of, state));
  if (!last && known)
    return (
      <ResultItem label={label} testId={testId} value={perplexityText(known.value)} note={knownNote(known, status)} />
    );
  if (!last) return <ResultItem label={label} testId={testId} value="–" note={status || empty} />;
  const { value } = last.result;
  const behind = last.stale === true || (last.of.ratio < 1 && age !== "current");
  const comparable = last.of.ratio < 1 && dense && sameReading(dense.result, last.result);
  const increase = comparable ? ` (${factor(value / dense.result.value)})` : "";
  const recovered = before && sameReading(before, last.result) ? `${perplexityText(before.value)} before recovery` : "";
  const note = [status, recovered, describe(last)].filter(Boolean).join("; ");
  const text = `${perplexityText(value)}${increase}`;
  return <ResultItem label={label} testId={testId} value={text} note={note} behind={behind} />;
}
