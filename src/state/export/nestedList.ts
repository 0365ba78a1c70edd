// Which ratios of a run for every ratio go into one model: the usual ones, and what a person writes instead.
import { EngineError, readRatioList } from "../../engine/index.ts";
import type { ShownArchitecture } from "../../worker/protocol.ts";

type Bounds = NonNullable<ShownArchitecture["trainedFor"]>;

const USUAL = [0.8, 0.7, 0.6, 0.5, 0.4];

/** The usual ratios that the run was trained for; its own bounds where fewer than two are. */
export function usualList({ from, to }: Bounds): string {
  const inside = USUAL.filter((ratio) => ratio >= from && ratio <= to);
  return (inside.length > 1 ? inside : [to, from]).join(", ");
}

/** The ratios of a list, ascending, or why they cannot be taken. */
export function readNestedList(
  text: string,
  { from, to }: Bounds,
): { ok: true; ratios: number[] } | { ok: false; reason: string } {
  try {
    const ratios = readRatioList(text, "The list");
    const outside = ratios.filter((ratio) => ratio < from || ratio > to);
    if (outside.length > 0) {
      const reason = `The run was trained for ${from} to ${to}; ${outside.join(", ")} came. Leave out what lies beyond, or train with wider bounds`;
      return { ok: false, reason };
    }
    if (ratios.length < 2)
      return {
        ok: false,
        reason: `Two ratios at least, please; ${text.trim()} alone came. One alone is the compact form`,
      };
    return { ok: true, ratios };
  } catch (thrown) {
    return { ok: false, reason: EngineError.from(thrown).message };
  }
}
