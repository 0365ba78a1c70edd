// The history of a run: its metrics by step and the perplexities that were measured while it trained, as saved with it.
import { OPENING_DTYPES, type OpeningDtype } from "../../dtype.ts";
import type { JsonField } from "../../json/jsonFields.ts";
import { base64Of, bytesOf } from "../files/base64.ts";
import { readTextRef } from "../receipt/receiptFields.ts";
import type { TextRef } from "../receipt/receiptTypes.ts";

/** A perplexity of the pruned model, measured while its run trained or when it ended. */
export interface RunReading {
  /** Steps done. */
  step: number;
  /** Kept share of the block weights that the masks were made for. */
  ratio: number;
  value: number;
  text: TextRef;
  /** Window length in tokens. */
  context: number;
  tokens: number;
  beginToken: boolean;
  /** As in a perplexity of a receipt. */
  quantised?: OpeningDtype | undefined;
}

type Column = "loss" | "penalty" | "kept" | "target";

/** Metrics of steps `first`, `first + every`, ...: `count` of them, each column as base64 of little-endian F32. */
export interface RunHistory extends Record<Column, string> {
  first: number;
  every: number;
  count: number;
  readings: readonly RunReading[];
}

/** Columns of a run; the first `count` entries are in use. */
type HistoryColumns = Record<"step" | Column, ArrayLike<number>> & { count: number };

/** Longer runs are thinned out to at most this many points: 600 steps take 13 kB, and no run takes more than 90 kB. */
const MOST_POINTS = 4096;
const BYTES = 4;

/** Packs consecutive steps; undefined where there are none. */
export function packHistory(columns: HistoryColumns, readings: readonly RunReading[]): RunHistory | undefined {
  const { step, count: steps } = columns;
  if (steps === 0) return undefined;
  const every = Math.ceil(steps / MOST_POINTS);
  const count = Math.ceil(steps / every);
  const packed = (column: Column): string => {
    const view = new DataView(new ArrayBuffer(BYTES * count));
    for (let i = 0; i < count; i++) view.setFloat32(BYTES * i, columns[column][i * every] ?? NaN, true);
    return base64Of(new Uint8Array(view.buffer));
  };
  return {
    ...{ first: step[0] ?? 0, every, count, readings },
    ...{ loss: packed("loss"), penalty: packed("penalty"), kept: packed("kept"), target: packed("target") },
  };
}

/** The columns of a packed history. */
export function unpackHistory({
  first,
  every,
  count,
  ...packed
}: RunHistory): Record<"step" | Column, Float32Array<ArrayBuffer>> & { count: number } {
  const column = (name: Column): Float32Array<ArrayBuffer> => {
    const bytes = bytesOf(packed[name]) ?? new Uint8Array(0);
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: count }, (_, i) => view.getFloat32(BYTES * i, true));
  };
  const step = Float32Array.from({ length: count }, (_, i) => first + i * every);
  return {
    ...{ step, count, loss: column("loss"), penalty: column("penalty") },
    ...{ kept: column("kept"), target: column("target") },
  };
}

/** The history as it is stored in files, where the ratio of a reading is called `keep`. */
export function historyJson({ readings, ...history }: RunHistory): Record<string, unknown> {
  return { ...history, readings: readings.map(({ step, ratio, ...rest }) => ({ step, keep: ratio, ...rest })) };
}

/** Reads a history. Throws "format" naming the field. */
export function readHistory(field: JsonField): RunHistory {
  const positive = (name: string): number => field.get(name).number({ min: 1, max: 1e9, whole: true });
  const count = positive("count");
  const column = (name: Column): string => {
    const text = field.get(name).text();
    const length = bytesOf(text)?.length;
    if (length !== BYTES * count) field.get(name).refuse(`base64 of ${count} float32 values`);
    return text;
  };
  return {
    ...{ first: field.get("first").count(), every: positive("every"), count },
    ...{ loss: column("loss"), penalty: column("penalty"), kept: column("kept"), target: column("target") },
    readings: field.get("readings").list().map(readReading),
  };
}

function readReading(field: JsonField): RunReading {
  return {
    step: field.get("step").count(),
    ratio: field.get("keep").number({ min: 0, max: 1 }),
    value: field.get("value").number({ min: 1 }),
    text: readTextRef(field.get("text")),
    context: field.get("context").count(),
    tokens: field.get("tokens").count(),
    beginToken: field.get("beginToken").flag(),
    ...(field.get("quantised").value === undefined ? {} : { quantised: field.get("quantised").oneOf(OPENING_DTYPES) }),
  };
}
