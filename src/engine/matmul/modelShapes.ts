// The matmuls of a model whose kernels are chosen by measuring: one shape of each class that training, evaluation and decoding use.
import type { ModelConfig } from "../config/modelConfig.ts";
import type { MatrixDtype } from "../dtype.ts";
import { LOGITS_BYTES, logitRows } from "../logitsSize.ts";
import { type MatmulShape, shapeClass, WIDEST } from "./matmulTable.ts";

/** Lengths to choose for. */
export interface ModelLengths {
  /** Tokens of a training step. */
  trainingTokens: number;
  /** Tokens of a perplexity window. */
  evaluationTokens: number;
  /** How most matrices are stored. */
  precision: MatrixDtype;
}

interface Layer {
  n: number;
  k: number;
  /** How many of them a model has. */
  count: number;
}

/** The frozen matrices of a model. */
function layersOf(config: ModelConfig): { blocks: readonly Layer[]; head: Layer } {
  const { layers, dModel: d, dMlp, heads, kvHeads, headDim, glu, vocab, embeddingWidth } = config;
  const q = heads * headDim;
  const outer =
    embeddingWidth === undefined
      ? []
      : [
          { n: d, k: embeddingWidth, count: 1 },
          { n: embeddingWidth, k: d, count: 1 },
        ];
  return {
    blocks: [
      { n: q + 2 * kvHeads * headDim, k: d, count: layers },
      { n: d, k: q, count: layers },
      { n: glu ? 2 * dMlp : dMlp, k: d, count: layers },
      { n: d, k: dMlp, count: layers },
      ...outer,
    ],
    head: { n: vocab, k: embeddingWidth ?? d, count: 1 },
  };
}

/**
 * One shape per class, no wider than WIDEST. Training comes first, its largest share of the time first, then decoding, then evaluation: a
 * measurement that stops early has then chosen what matters most. Widths that are not multiples of 4 have no variants and are left out.
 */
export function modelShapes(config: ModelConfig, lengths: ModelLengths): MatmulShape[] {
  const { precision, trainingTokens, evaluationTokens } = lengths;
  const { blocks, head } = layersOf(config);
  const headRows = (tokens: number): number => logitRows({ tokens, vocab: config.vocab, width: head.k }, LOGITS_BYTES);
  const at = (tokens: number, direction: MatmulShape["direction"]) => [
    ...blocks.map((layer) => ({ ...layer, rows: tokens, direction })),
    { ...head, rows: headRows(tokens), direction },
  ];
  const training = [...at(trainingTokens, "forward"), ...at(trainingTokens, "inputGradient")];
  training.sort((a, b) => workOf(b) - workOf(a));
  const all = [...training, ...at(1, "forward"), ...at(evaluationTokens, "forward")];
  const byClass = new Map<string, MatmulShape>();
  for (const { n, k, rows, direction } of all) {
    if (n % 4 !== 0 || k % 4 !== 0) continue;
    const shape = { direction, precision, rows, n: Math.min(n, WIDEST), k: Math.min(k, WIDEST) };
    const key = shapeClass(shape);
    if (!byClass.has(key)) byClass.set(key, shape);
  }
  return [...byClass.values()];
}

const workOf = ({ rows, n, k, count }: Layer & { rows: number }): number => rows * n * k * count;
