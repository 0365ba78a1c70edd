// The tensors that a model must have (name, shape and part), from its config and its family's names. Plain data.
import { FAMILIES } from "./families/families.ts";
import type { TensorNames } from "./families/family.ts";
import type { ModelConfig } from "./modelConfig.ts";

/** The part that a tensor's values count towards. `norms` include their biases; `biases` are those of linear layers. */
export type TensorPart = "blocks" | "embeddings" | "head" | "norms" | "biases";

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
  readonly part: TensorPart;
}

/** The role of a linear layer in its block, which determines the selection vectors that apply to it. */
export type LinearRole = "q" | "k" | "v" | "o" | "up" | "down";

/** A linear layer of a block: its name after the block's prefix, and the shape (out, in) of its weight. */
interface BlockLinear {
  name: string;
  role: LinearRole;
  shape: readonly [number, number];
  biased: boolean;
}

/** The names and roles of a family's linear layers, in order of use. */
export function linearNames({ q, k, v, o, ups, down }: TensorNames): { name: string; role: LinearRole }[] {
  const one = (role: LinearRole) => (name: string) => ({ name, role });
  return [one("q")(q), one("k")(k), one("v")(v), one("o")(o), ...ups.map(one("up")), one("down")(down)];
}

/** The linear layers of a block. */
export function blockLinears(config: ModelConfig): BlockLinear[] {
  const { dModel, dMlp, heads, kvHeads, headDim } = config;
  const { biases } = config.design;
  const shapes: Record<LinearRole, { shape: [number, number]; biased: boolean }> = {
    q: { shape: [heads * headDim, dModel], biased: biases.qkv },
    k: { shape: [kvHeads * headDim, dModel], biased: biases.qkv },
    v: { shape: [kvHeads * headDim, dModel], biased: biases.qkv },
    o: { shape: [dModel, heads * headDim], biased: biases.o },
    up: { shape: [dMlp, dModel], biased: biases.mlp },
    down: { shape: [dModel, dMlp], biased: biases.mlp },
  };
  return linearNames(FAMILIES[config.family].names).map(({ name, role }) => ({ name, role, ...shapes[role] }));
}

/** The tensors of a model in order of use; those of a tied head are not among them. */
export function modelTensors(config: ModelConfig): TensorShape[] {
  const { dModel, headDim, heads, kvHeads, vocab, context, layers, design } = config;
  const { names } = FAMILIES[config.family];
  const width = config.embeddingWidth ?? dModel;
  const weight = (name: string, part: TensorPart, ...shape: number[]): TensorShape => {
    return { name: `${name}.weight`, shape, part };
  };
  const bias = (name: string, part: TensorPart, n: number): TensorShape => ({ name: `${name}.bias`, shape: [n], part });
  const norm = (name: string | undefined, size = dModel): TensorShape[] => {
    if (name === undefined) return [];
    return [weight(name, "norms", size), ...(design.norm === "layer" ? [bias(name, "norms", size)] : [])];
  };
  /** The matrix between embedding or head and the residual stream, if their widths differ. */
  const projection = (name: string | undefined, out: number, columns: number): TensorShape[] =>
    name === undefined || width === dModel ? [] : [weight(name, "embeddings", out, columns)];
  const linears = blockLinears(config);
  const block = (at: string): TensorShape[] => {
    const linear = (roles: readonly LinearRole[]): TensorShape[] =>
      linears
        .filter(({ role }) => roles.includes(role))
        .flatMap(({ name, shape, biased }) => [
          weight(at + name, "blocks", ...shape),
          ...(biased ? [bias(at + name, "biases", shape[0])] : []),
        ]);
    const headNorms = design.qkNorm
      ? ([
          [names.qNorm, heads],
          [names.kNorm, kvHeads],
        ] as const)
      : [];
    return [
      ...norm(at + names.attentionNorm),
      ...linear(["q", "k", "v"]),
      ...headNorms.flatMap(([name, count]) =>
        name === undefined ? [] : norm(at + name, design.qkNormOfAllHeads ? count * headDim : headDim),
      ),
      ...linear(["o"]),
      ...norm(names.attentionPostNorm && at + names.attentionPostNorm),
      ...norm(names.mlpNorm && at + names.mlpNorm),
      ...linear(["up", "down"]),
      ...norm(names.mlpPostNorm && at + names.mlpPostNorm),
    ];
  };
  const { positions } = names;
  return [
    weight(names.embedding, "embeddings", vocab, width),
    ...(positions ? [weight(positions.name, "embeddings", context + positions.unusedRows, dModel)] : []),
    ...projection(names.projectIn, dModel, width),
    ...Array.from({ length: layers }, (_, l) => block(`${names.layers}${l}.`)).flat(),
    ...(design.finalNorm ? norm(names.finalNorm) : []),
    ...projection(names.projectOut, width, dModel),
    ...(config.tiedHead ? [] : [weight(names.head, "head", vocab, width)]),
    ...(design.biases.head ? [bias(names.head, "head", vocab)] : []),
  ];
}

/** Number of values in all of these tensors. */
export function parametersOf(tensors: readonly TensorShape[]): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
}
