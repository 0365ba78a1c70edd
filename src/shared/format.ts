// How numbers and messages are written for people.

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });

/** 1572864 -> "1,572,864". */
export function whole(n: number): string {
  return WHOLE.format(n);
}

/** With digit groups and all decimals: 100000 -> "100,000", 0.000001 -> "0.000001". */
export function grouped(n: number): string {
  return GROUPED.format(n);
}

/** 0.5561 -> "55.6", for a place that has its own "%". */
export function percentNumber(share: number, digits = 1): string {
  return (100 * share).toFixed(digits);
}

/** 0.5561 -> "55.6 %". */
export function percent(share: number, digits = 1): string {
  return `${percentNumber(share, digits)} %`;
}

/** 12 of 48 -> "25.0 %"; 0 of 0 -> "0.0 %". */
export function keptPercent({ kept, of }: { kept: number; of: number }): string {
  return percent(of > 0 ? kept / of : 0);
}

/** A ratio that someone chose, without trailing zeros: 0.35 -> "35", 0.425 -> "42.5". */
export function ratioNumber(ratio: number): string {
  return String(Number(percentNumber(ratio, 2)));
}

/** A ratio that someone chose, without trailing zeros: 0.35 -> "35 %", 0.425 -> "42.5 %". */
export function ratioText(ratio: number): string {
  return `${ratioNumber(ratio)} %`;
}

/** 1.3712 -> "1.37×", 2404.8 -> "2,405×". */
export function factor(value: number): string {
  return `${value < 100 ? value.toFixed(2) : whole(value)}×`;
}

const PREFIXES = ["k", "M", "G", "T"];

/** Three digits with the prefix that leaves less than a thousand of it, also once they are rounded: 999_999 -> ["1.00", "M"]. */
function scaled(n: number): [digits: string, prefix: string] {
  const steps = PREFIXES.map((prefix, i) => ({ prefix, value: n / 1000 ** (i + 1) }));
  const { value, prefix } = steps.find((step) => step.value < 999.5) ?? { value: n / 1e12, prefix: "T" };
  return [value < 999.5 ? value.toPrecision(3) : whole(value), prefix];
}

/** 3542208 -> "3.54 M". */
export function short(n: number): string {
  return n < 1e4 ? whole(n) : scaled(n).join(" ");
}

/** Bytes in decimal units, as file managers show them: 7084416 -> "7.08 MB". */
export function bytes(n: number): string {
  return n < 1e3 ? `${n} B` : `${scaled(n).join(" ")}B`;
}

/** A perplexity: two decimals below a hundred. */
export function perplexityText(value: number): string {
  return value < 100 ? value.toFixed(2) : value < 10_000 ? value.toFixed(1) : value.toExponential(2);
}

/** Seconds as "8 s", "3 min 20 s" or "1 h 05 min". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}

/** Milliseconds of a step: "0.84 ms", "12.3 ms", "148 ms", "1.52 s". */
export function stepTime(ms: number): string {
  if (ms >= 999.5) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)} ms`;
}

/** A time as ISO 8601 in the reader's own time zone: "2026-11-29 10:33". */
export function localMinutes(iso: string): string {
  const time = new Date(iso);
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** A small difference: "0", "1.2e-6", "0.034". */
export function small(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-3 ? value.toExponential(1) : size < 99.5 ? value.toPrecision(2) : whole(value);
}

/** Words with a capital letter, to begin a sentence. */
export const sentenceStart = (words: string): string => words.slice(0, 1).toUpperCase() + words.slice(1);

/** A message with its final period, which the engine leaves out where it quotes a value last. */
export function sentence(message: string): string {
  return /[.!?…]$/.test(message) ? message : `${message}.`;
}

/** A loss, or a budget penalty: "3.142". */
export function loss(value: number): string {
  return value.toFixed(3);
}

/** A loss with its unit: "3.142 nats". */
export function nats(value: number): string {
  return `${loss(value)} nats`;
}

/** A number to `digits` significant digits, without trailing zeros: (123.4, 2) -> "120". */
export function significant(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/** A text of at most about `most` characters: its beginning and its end, where it is longer. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 4);
  return `${text.slice(0, most - end)} … ${text.slice(text.length - end)}`;
}
