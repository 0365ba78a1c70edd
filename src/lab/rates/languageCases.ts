// On what the ops of the language model are timed, in the order in which a forward runs them.
import { activateRef, gluRef } from "../../engine/ops/activation.ref.ts";
import { addNormLastRef, addNormRef, normAloneRef } from "../../engine/ops/addNorm.ref.ts";
import { addPositionsRef } from "../../engine/ops/addPositions.ref.ts";
import { appendKvRef } from "../../engine/ops/appendKv.ref.ts";
import { crossEntropyByTokenRef, crossEntropyRef, crossEntropyTermsRef } from "../../engine/ops/crossEntropy.ref.ts";
import { cutNormRef } from "../../engine/ops/cutNorm.ref.ts";
import { embeddingRef } from "../../engine/ops/embedding.ref.ts";
import { gatedAddRef, gateRef } from "../../engine/ops/gate.ref.ts";
import { gatherRef } from "../../engine/ops/gather.ref.ts";
import { headNormRef } from "../../engine/ops/headNorm.ref.ts";
import { compareTokensRef, klLossRef } from "../../engine/ops/klLoss.ref.ts";
import { linearAdaptedRef, linearMaskedAdapterRef } from "../../engine/ops/linearParts.ref.ts";
import { relativeErrorRef } from "../../engine/ops/relativeError.ref.ts";
import { ropeRef } from "../../engine/ops/rope.ref.ts";
import { scatterAddRef } from "../../engine/ops/scatterAdd.ref.ts";
import { LOGITS_BYTES } from "../../engine/logitsSize.ts";
import { attentionCases, headShape, packed } from "./attentionCases.ts";
import { matmulFlop } from "../matmulWork.ts";
import { columns, f32Bytes, integers, scalar, type Timed, timedCase, values } from "./timedCase.ts";

/** Rank of the adapters. */
const RANK = 16;

const norm = (d: number, branch: boolean) => ({ eps: 1e-5, centred: false, leaves: branch, enters: true, cols: d });

/** Inputs: x, perhaps a branch, weight, and the gates of both places. */
const normCase = (ref: typeof addNormRef, branch: boolean): Timed =>
  timedCase(ref, ({ rows, d }) => ({
    inputs: [values(rows, d), ...(branch ? [values(rows, d)] : []), values(d), values(2 * d)],
    params: { ...norm(d, branch), trained: true },
  }));

export const languageCases: readonly Timed[] = [
  timedCase(embeddingRef, ({ rows, d, vocab }) => ({
    ...{ inputs: [integers(vocab, rows), values(vocab, d)], params: { scale: 1, partRows: vocab } },
    // of the table, a row per token
    bytes: f32Bytes([rows], [rows, d], [rows, d]),
  })),
  timedCase(addPositionsRef, ({ rows, d }) => ({
    ...{ inputs: [values(rows, d), values(rows, d), scalar(0)], params: { start: 0 } },
  })),
  normCase(addNormRef, true),
  normCase(addNormLastRef, true),
  normCase(normAloneRef, false),
  timedCase(cutNormRef, ({ rows, d }) => ({
    inputs: [values(rows, d), values(d), values(rows, d / 2), ...columns(d), ...columns(d)],
    params: norm(d, true),
  })),
  ...[linearAdaptedRef, linearMaskedAdapterRef].map((ref) =>
    timedCase(ref, ({ rows, d, f }) => {
      const masked = ref === linearMaskedAdapterRef;
      const bits = masked ? [integers(2 ** 31, (f * d) / 32)] : [];
      return {
        inputs: [values(rows, d), values(f, d), values(RANK, d), values(f, RANK), ...bits],
        params: { partRows: f, masked },
        // through the factors, or B A first where only some of its entries exist
        flop: matmulFlop(rows, f, d) + (masked ? matmulFlop(f, d, RANK) : matmulFlop(rows, RANK, d + f)),
      };
    }),
  ),
  timedCase(headNormRef, (sizes) => ({
    inputs: [packed(sizes), values(2, headShape(sizes).headDim)],
    params: { ...headShape(sizes), eps: 1e-6 },
  })),
  timedCase(ropeRef, (sizes) => {
    const { rows } = sizes;
    const { headDim } = headShape(sizes);
    return {
      inputs: [packed(sizes), values(rows, headDim / 2, 2), scalar(0)],
      params: { ...headShape(sizes), rows, start: 0, rotaryDim: headDim },
    };
  }),
  timedCase(appendKvRef, (sizes) => ({
    inputs: [packed(sizes), scalar(0), values(sizes.rows, 2 * sizes.d)],
    params: { ...headShape(sizes), start: 0 },
    bytes: 2 * f32Bytes([sizes.rows, 2 * sizes.d]),
  })),
  ...attentionCases,
  timedCase(activateRef, ({ rows, f }) => ({ inputs: [values(rows, f)], params: { act: "silu", times: 0 } })),
  timedCase(gluRef, ({ rows, f }) => ({ inputs: [values(rows, 2 * f)], params: { act: "silu", times: 0 } })),
  timedCase(gateRef, ({ rows, f }) => ({ inputs: [values(rows, f), values(f)], params: { x: true, mask: true } })),
  timedCase(gatedAddRef, ({ rows, d }) => ({
    inputs: [values(rows, d), values(rows, d), values(d)],
    params: { x: true, mask: true },
  })),
  timedCase(gatherRef, ({ rows, d }) => ({
    ...{ inputs: [values(rows, d), ...columns(d)], params: null },
    // the columns that the index names, read and written
    bytes: f32Bytes([rows, d / 2], [rows, d / 2], [d / 2]),
  })),
  timedCase(scatterAddRef, ({ rows, d }) => ({
    inputs: [values(rows, d), values(rows, d / 2), ...columns(d)],
    params: null,
  })),
  ...[crossEntropyRef, crossEntropyByTokenRef, crossEntropyTermsRef].map((ref) =>
    timedCase(ref, ({ rows, d, vocab }) => ({
      inputs: [values(rows, d), values(vocab, d), integers(vocab, rows)],
      params: { partRows: vocab, logitsBytes: LOGITS_BYTES },
      flop: matmulFlop(rows, vocab, d),
    })),
  ),
  ...[klLossRef, compareTokensRef].map((ref) =>
    timedCase(ref, ({ rows, d, vocab }) => ({
      inputs: [values(rows, d), values(vocab, d), values(rows, d), values(vocab, d)],
      params: { partRows: vocab, logitsBytes: LOGITS_BYTES },
      // the logits of both models
      flop: 2 * matmulFlop(rows, vocab, d),
    })),
  ),
  timedCase(relativeErrorRef, ({ rows, d }) => ({
    ...{ inputs: [values(rows, d), values(rows, d)], params: { weight: 1 } },
    // both are read twice, the gradient is written
    bytes: f32Bytes([rows, d], [rows, d], [rows, d], [rows, d], [rows, d]),
  })),
];
