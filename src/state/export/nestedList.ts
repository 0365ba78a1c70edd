// The ratios of a nested export: the usual ones, and a list that the user types.
import { EngineError, readRatioList } from "../../engine/index.ts";
import type { RunArchitecture } from "../../worker/protocol.ts";

/** The ratios that the run was trained for. */
type Range = NonNullable<RunArchitecture["trainedFor"]>;

const USUAL = [0.8, 0.7, 0.6, 0.5, 0.4];

/** The usual ratios within the run's range; the ends of the range if fewer than two are. */
export function usualList({ from, to }: Range): string {
  const inside = USUAL.filter((ratio) => ratio >= from && ratio <= to);
  return (inside.length > 1 ? inside : [to, from]).join(", ");
}

/** The ratios of a list, ascending, or the reason why it is refused (without a full stop). */
export function readNestedList(
  text: string,
  { from, to }: Range,
): { ok: true; ratios: number[] } | { ok: false; reason: string } {
  try {
    const ratios = readRatioList(text, "The list");
    const outside = ratios.filter((ratio) => ratio < from || ratio > to);
    if (outside.length > 0) {
      const reason = `The list: expected ratios from ${from} to ${to}, which the run was trained for, got ${outside.join(", ")}. Leave those out, or train with a wider range`;
      return { ok: false, reason };
    }
    if (ratios.length < 2)
      return {
        ok: false,
        reason: `The list: expected at least two ratios, got ${text.trim()}. One ratio alone is the compact form`,
      };
    return { ok: true, ratios };
  } catch (thrown) {
    return { ok: false, reason: EngineError.from(thrown).message };
  }
}
