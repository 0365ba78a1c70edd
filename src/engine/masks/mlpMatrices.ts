// The matrices that weight pruning changes, how their weights compare, and whether a pattern fits them (METHOD.md 2). Plain data.
import { EngineError } from "../errors.ts";
import type { ModelConfig } from "../config/config.ts";
import { FAMILIES } from "../config/families/families.ts";
import { parsePattern, type WeightMethod, type WeightRecipe } from "../recipes/weightRecipe.ts";

/** gate and up of a GLU; up alone is fc1. down is fc2 where there is no GLU. */
export type MlpPart = "gate" | "up" | "down";

export interface MlpMatrix {
  /** The tensor's name in the file. */
  name: string;
  block: number;
  part: MlpPart;
  /** (out, in) */
  shape: readonly [number, number];
}

/** Weights that compete: those of one output (along its inputs), or those of one input (along the outputs). */
export type Direction = "inputs" | "outputs";

/** DaSS compares gate and up along their outputs, the intermediate dimension; all else is compared along the inputs. */
export function directionOf(method: WeightMethod, part: MlpPart): Direction {
  return method === "dass" && part !== "down" ? "outputs" : "inputs";
}

export type ScoredMethod = Exclude<WeightMethod, "sparsegpt">;

/** What |W| is multiplied by in a score. */
export type ScoreScale = "none" | "input norm" | "root of output norm";

/** The scale of a method's scores, and whose norms it takes: of what gate and up read, or of what down reads. */
export function scoreScale(method: ScoredMethod, part: MlpPart): { by: ScoreScale; of: "input" | "middle" } {
  if (method === "magnitude") return { by: "none", of: "input" };
  if (part === "down") return { by: "input norm", of: "middle" };
  return method === "dass" ? { by: "root of output norm", of: "middle" } : { by: "input norm", of: "input" };
}

/** The matrices of every block's MLP, in order of use. */
export function mlpMatrices(config: ModelConfig): MlpMatrix[] {
  const { dModel, dMlp, layers, family } = config;
  const { names } = FAMILIES[family];
  const parts: readonly MlpPart[] = config.glu ? ["gate", "up"] : ["up"];
  return Array.from({ length: layers }, (_, block) => {
    const at = `${names.layers}${block}.`;
    const ups = names.ups.map((name, i): MlpMatrix => {
      return { name: `${at}${name}.weight`, block, part: parts[i] ?? "up", shape: [dMlp, dModel] };
    });
    return [
      ...ups,
      { name: `${at}${names.down}.weight`, block, part: "down" as const, shape: [dModel, dMlp] as const },
    ];
  }).flat();
}

/**
 * Throws EngineError("unsupported") for DaSS on a model without GLU, and "shape" for a matrix whose width along the direction of
 * comparison is no multiple of M, by its name and numbers. "config" for a pattern that is none.
 */
export function checkFits(
  config: ModelConfig,
  { method, pattern: text }: Pick<WeightRecipe, "method" | "pattern">,
): void {
  if (method === "dass" && !config.glu) {
    throw new EngineError(
      "unsupported",
      `DaSS is defined for GLU variants: it scores gate and up by the norms of their product, and ${config.modelType} has a single ${FAMILIES[config.family].names.ups.join()}. Choose Wanda, magnitude or SparseGPT.`,
      { modelType: config.modelType },
    );
  }
  const pattern = parsePattern(text);
  if (pattern.kind === "share") return;
  for (const { name, part, shape } of mlpMatrices(config)) {
    const direction = directionOf(method, part);
    const width = direction === "inputs" ? shape[1] : shape[0];
    if (width % pattern.size !== 0) {
      throw new EngineError(
        "shape",
        `${name}: its ${width} ${direction} are no multiple of ${pattern.size}, so ${text} leaves a group unfinished; choose an M that divides ${width}, or a share such as 50%`,
        { name, width, m: pattern.size },
      );
    }
  }
}
