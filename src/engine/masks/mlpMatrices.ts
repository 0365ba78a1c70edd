// The matrices that weight pruning changes, how their weights are compared, and whether a pattern fits them (METHOD.md 2). Plain data.
import { EngineError } from "../errors.ts";
import type { ModelConfig } from "../config/config.ts";
import { FAMILIES } from "../config/families/families.ts";
import { parsePattern, type WeightMethod, type WeightRecipe } from "../recipes/weightRecipe.ts";

/** gate, up and down of a GLU. Without a GLU, up is fc1 and down is fc2. */
type MlpPart = "gate" | "up" | "down";

export interface MlpMatrix {
  /** The tensor's name in the file. */
  name: string;
  block: number;
  part: MlpPart;
  /** (out, in) */
  shape: readonly [number, number];
}

/** Which weights are compared with each other: all inputs of one output, or all outputs of one input. */
export type Direction = "inputs" | "outputs";

/** DaSS compares gate and up along their outputs (the intermediate dimension). All other weights are compared along the inputs. */
export function directionOf(method: WeightMethod, part: MlpPart): Direction {
  return method === "dass" && part !== "down" ? "outputs" : "inputs";
}

/** Methods that prune by scores alone. */
export type ScoredMethod = Exclude<WeightMethod, "sparsegpt">;

/** What |W| is multiplied by in a score. */
export type ScoreScale = "none" | "input norm" | "root of output norm";

/** The scale of a method's scores, and the activations whose norms it uses: the input of gate and up, or of down ("middle"). */
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
 * Throws EngineError("unsupported") for DaSS on a model without a GLU, "shape" (with name and numbers) for a matrix whose width along the
 * direction of comparison is not a multiple of M, and "config" for an invalid pattern.
 */
export function checkFits(
  config: ModelConfig,
  { method, pattern: text }: Pick<WeightRecipe, "method" | "pattern">,
): void {
  if (method === "dass" && !config.glu) {
    throw new EngineError(
      "unsupported",
      `DaSS is defined for GLU variants: it scores gate and up by the norms of their product, but ${config.modelType} has a single ${FAMILIES[config.family].names.ups.join()}. Choose Wanda, magnitude or SparseGPT.`,
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
        `${name}: expected a multiple of ${pattern.size} ${direction} for ${text}, got ${width}; choose an M that divides ${width}, or a share such as 50%`,
        { name, width, m: pattern.size },
      );
    }
  }
}
