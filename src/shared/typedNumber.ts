// Numbers as people type them: with a percent sign, a decimal comma or digit groups. What can mean two numbers is refused.

/** What a field holds. */
export interface TypedKind {
  /** Only whole numbers are allowed. */
  whole?: boolean;
  /** The number is in percent: "80", "80 %" and the share "0.8" mean the same. */
  percent?: boolean;
  /** Bounds, both allowed. */
  min: number;
  max: number;
}

type Typed = { ok: true; value: number } | { ok: false; reason: string };

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const COMMA_GROUPS = /^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/;
const POINT_GROUPS = /^[+-]?[1-9]\d{0,2}(\.\d{3})+$/;
/** Digit groups of a person who writes a decimal comma. */
const POINT_GROUPS_COMMA = /^[+-]?[1-9]\d{0,2}(\.\d{3})+,\d+$/;

/** Without blanks of any width, and with the minus of the keyboard. */
const plain = (text: string): string => text.replaceAll(/[\s\u200b]/g, "").replaceAll("\u2212", "-");

const either = (text: string, a: string, b: string): Typed => ({
  ok: false,
  reason: `${text} can mean ${a} or ${b}. Write it without the separator.`,
});

/** The number of a text, before its bounds are checked. */
function numberOf(text: string, whole: boolean): Typed {
  const [groups, points] = [text.replaceAll(",", ""), text.replaceAll(".", "")];
  if (COMMA_GROUPS.test(text)) {
    const several = text.includes(".") || text.split(",").length > 2;
    return whole || several ? { ok: true, value: Number(groups) } : either(text, text.replace(",", "."), groups);
  }
  if (POINT_GROUPS_COMMA.test(text)) return { ok: true, value: Number(points.replace(",", ".")) };
  if (POINT_GROUPS.test(text) && (whole || text.split(".").length > 2))
    return text.split(".").length > 2
      ? { ok: true, value: Number(points) }
      : either(text, points, String(Number(text)));
  const decimal = text.split(",").length === 2 && !text.includes(".") ? text.replace(",", ".") : text;
  return NUMBER.test(decimal) ? { ok: true, value: Number(decimal) } : { ok: false, reason: "" };
}

/** Reads a typed number. For a refusal, `reason` is a sentence, or empty where the bounds say it all. */
export function readTyped(typed: string, { whole = false, percent = false, min, max }: TypedKind): Typed {
  const text = plain(typed);
  const signed = text.endsWith("%");
  if (signed && !percent) return { ok: false, reason: "This number is not in percent." };
  const read = numberOf(signed ? text.slice(0, -1) : text, whole);
  if (!read.ok) return read;
  // below the bounds a share is the only meaning left: 0.8 is 80 %
  const share = percent && !signed && read.value > 0 && read.value < Math.min(1, min);
  const value = share ? Number((100 * read.value).toPrecision(12)) : read.value;
  const inside = Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value));
  return inside ? { ok: true, value } : { ok: false, reason: "" };
}
