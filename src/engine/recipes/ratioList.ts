// Reads a list of ratios as a person writes it: "0.8, 0.6, 0.5".
import { EngineError } from "../errors.ts";

/** The ratios, ascending. what: the list's name in messages. Throws "config" for one that is not between 0 and 1, or is there twice. */
export function readRatioList(text: string, what: string): number[] {
  const ratios = text.split(",").map((word) => {
    const ratio = Number(word);
    if (word.trim() !== "" && ratio > 0 && ratio < 1) return ratio;
    const meant = ratio > 1 && ratio < 100 ? `; ${ratio} % is ${ratio / 100}` : "";
    throw new EngineError(
      "config",
      `${what}: expected ratios between 0 and 1, separated by commas, got "${word.trim()}"${meant}`,
    );
  });
  const twice = ratios.find((ratio, i) => ratios.indexOf(ratio) < i);
  if (twice !== undefined) throw new EngineError("config", `${what}: expected each ratio once, got ${twice} twice`);
  return ratios.sort((a, b) => a - b);
}
