// The parts of a model as they are uploaded, found by the family's tensor names: what comes before the blocks, each block, and what comes after.
import { S1, S2, S3, S5, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import type { ModelConfig } from "../config/config.ts";
import { FAMILIES } from "../config/families/families.ts";
import { attentionOf, ropesOf } from "../config/modelConfig.ts";
import type { RopeConfig } from "../config/ropeFrequencies.ts";
import { invariant } from "../errors.ts";
import { type KeptColumns, placesOf } from "../ops/kit/keptColumns.ts";
import type { RowParts } from "../ops/kit/rowParts.ts";
import type { BlockWeights, DecoderWeights } from "./decoderWeights.ts";
import { RopeTables } from "./ropeTables.ts";
import type { BlockColumns } from "./selection.ts";
import type { WeightUploads } from "./weightUploads.ts";

type Ropes = ReadonlyMap<RopeConfig, RopeTables>;

/** The tables of RoPE, which blocks share. */
export const uploadRopes = (uploads: WeightUploads, config: ModelConfig): Ropes =>
  new Map(ropesOf(config).map((rope) => [rope, new RopeTables(rope, config, (...table) => uploads.upload(...table))]));

/** What comes before the blocks. */
export async function uploadInput(
  uploads: WeightUploads,
  config: ModelConfig,
): Promise<Pick<DecoderWeights, "embedding" | "positions" | "projectIn">> {
  const { names } = FAMILIES[config.family];
  const embedding = await uploads.table(`${names.embedding}.weight`);
  const positions =
    names.positions && (await uploads.tableFrom(`${names.positions.name}.weight`, names.positions.unusedRows));
  const projectIn = await uploads.plain(names.projectIn);
  return { embedding, ...(positions ? { positions } : {}), ...(projectIn ? { projectIn } : {}) };
}

/** What comes after the blocks. embedding: of the same model, which a tied head shares. */
export async function uploadOutput(
  uploads: WeightUploads,
  config: ModelConfig,
  embedding: RowParts,
): Promise<Pick<DecoderWeights, "norm" | "projectOut" | "head">> {
  const { names } = FAMILIES[config.family];
  const norm = await uploads.norm(names.finalNorm, config.design.normShift, config.logitsScale);
  const projectOut = await uploads.plain(names.projectOut);
  const head = config.tiedHead ? embedding : await uploads.table(`${names.head}.weight`);
  return {
    ...(norm ? { norm } : {}),
    ...(projectOut ? { projectOut } : {}),
    head: {
      weight: head,
      ...(await uploads.plainBias(names.head)),
      ...(config.logitsCap === undefined ? {} : { cap: config.logitsCap }),
    },
  };
}

/** The weights of block `l`. */
export async function uploadBlock(
  uploads: WeightUploads,
  config: ModelConfig,
  ropes: Ropes,
  l: number,
): Promise<BlockWeights> {
  const { names } = FAMILIES[config.family];
  const at = `${names.layers}${l}.`;
  const { rope } = attentionOf(config, l);
  const tables = rope && ropes.get(rope);
  const { normShift, qkNorm } = config.design;
  const attentionNorm = await uploads.norm(at + names.attentionNorm, normShift);
  invariant(attentionNorm, "bug", `${at}${names.attentionNorm} is not among the family's tensors`);
  const qkv = await uploads.linear(at + names.q, at + names.k, at + names.v);
  const headNorms =
    qkNorm && names.qNorm !== undefined && names.kNorm !== undefined
      ? await uploads.stacked([`${at}${names.qNorm}.weight`, `${at}${names.kNorm}.weight`], normShift)
      : undefined;
  const o = await uploads.linear(at + names.o);
  const attentionPostNorm = await uploads.norm(names.attentionPostNorm && at + names.attentionPostNorm, normShift);
  const mlpNorm = await uploads.norm(names.mlpNorm && at + names.mlpNorm, normShift);
  const mlpPostNorm = await uploads.norm(names.mlpPostNorm && at + names.mlpPostNorm, normShift);
  return {
    attentionNorm,
    qkv,
    ...(headNorms ? { headNorms } : {}),
    o,
    ...(attentionPostNorm ? { attentionPostNorm } : {}),
    ...(mlpNorm ? { mlpNorm } : {}),
    ...(mlpPostNorm ? { mlpPostNorm } : {}),
    up: await uploads.linear(...names.ups.map((name) => at + name)),
    down: await uploads.linear(at + names.down),
    ...(tables ? { rope: tables } : {}),
  };
}

/** The index lists of block `block`, among those of all 5L vectors. */
export function uploadColumns(
  uploads: WeightUploads,
  lists: readonly Uint32Array[],
  block: number,
  dModel: number,
): BlockColumns {
  const columns = (k: number): KeptColumns => {
    const name = `s${k + 1} of block ${block}`;
    const kept = lists[VECTORS_PER_BLOCK * block + k];
    invariant(kept, "bug", `no index list for ${name}`);
    const index = padIndices(kept, uploads.padded(kept.length));
    return {
      index: uploads.upload(name, [index.length], index),
      places: uploads.upload(`places of ${name}`, [dModel], placesOf(index, dModel)),
    };
  };
  return { s1: columns(S1), s2: columns(S2), s3: columns(S3), s5: columns(S5) };
}

/** Pads an index list to `length` with dimensions that are not kept, so that indices stay distinct; their weights are zero. */
function padIndices(kept: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const used = new Set(kept);
  const out = [...kept];
  for (let i = 0; out.length < length; i++) if (!used.has(i)) out.push(i);
  return Uint32Array.from(out);
}
