// Reads a list of ratios as a person writes it: "0.8, 0.6, 0.5", "80 %, 60 %" or "0,8; 0,6".
import { EngineError } from "../errors.ts";
import { RECIPE_BOUNDS } from "./recipe.ts";

const { min, max } = RECIPE_BOUNDS.ratio;
const isRatio = (value: number): boolean => value >= min && value <= max;

/** A decimal comma, "0,8". The ratio 0 is not allowed, so that "0,8" cannot be two ratios. */
const DECIMAL_COMMA = /(^|[\s;,])0,(?=\d+\s*%?\s*(?:[,;]|$))/g;

/** One ratio, also as "80 %"; NaN for anything else. */
function ratioOf(word: string): number {
  const percent = /^([\d.]+)\s*%$/.exec(word.trim());
  const number = Number((percent?.[1] ?? word).replace(/^\s*$/, "NaN"));
  // 80 / 100 and not 80 * 0.01, which is 0.8000000000000002
  return percent ? number / 100 : number;
}

/** The ratios, ascending. what: the list's name in messages. Throws "config" for one that no recipe allows, or that is there twice. */
export function readRatioList(text: string, what: string): number[] {
  const words = text.replaceAll(DECIMAL_COMMA, (_, before: string) => `${before}0.`).split(/[,;]/);
  const ratios = words.map((word) => {
    const ratio = ratioOf(word);
    if (isRatio(ratio)) return ratio;
    const meant =
      !word.includes("%") && isRatio(ratio / 100) ? `; ${ratio} % is ${ratio / 100}` : ". Write each as 0.5 or 50 %.";
    throw new EngineError(
      "config",
      `${what}: expected ratios from ${min} to ${max}, separated by commas, got "${word.trim()}"${meant}`,
    );
  });
  const twice = ratios.find((ratio, i) => ratios.indexOf(ratio) < i);
  if (twice !== undefined)
    throw new EngineError("config", `${what}: expected each ratio once, got ${twice} twice. Remove one of the two.`);
  return ratios.sort((a, b) => a - b);
}
