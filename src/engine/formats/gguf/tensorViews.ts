// Maps each tensor of the Hugging Face model to rows of a GGUF tensor.
import { EngineError } from "../../errors.ts";
import type { Family } from "../../config/config.ts";
import { FAMILIES } from "../../config/families/families.ts";
import type { FloatDtype } from "../../dtype.ts";
import { CHOOSE_ANOTHER, readError } from "../files/readError.ts";
import type { GgufFamily } from "./ggufFamilies.ts";
import { ROPE_TENSORS } from "./config.ts";
import type { GgufHeader, GgufTensor } from "./header.ts";

/** A tensor as transformers expects it, backed by a tensor of the file. */
export interface TensorView {
  readonly name: string;
  /** F16 and BF16 as in the file; F32 where it is quantised. */
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
  readonly tensor: GgufTensor;
  /** Its first row in the file's tensor; for a bias, its first value. */
  readonly firstRow: number;
  /** Rows per head (values of a bias) where interleaved pairs must be split into the two halves of the head; otherwise 1. */
  readonly headDim: number;
  /** Subtracted from every value. */
  readonly shift: number;
}

/** Rows of one head, of all heads of q, of k or v, and of gate or up. */
interface LayerRows {
  headDim: number;
  q: number;
  kv: number;
  mlp: number;
}

/** Tensors outside the blocks; `blockNames` has those of the blocks. */
const EMBEDDING = "token_embd";
const FINAL_NORM = "output_norm";
const HEAD = "output";

/**
 * The model's tensors. Throws "format" for a tensor of the file that the family does not use: without it the model would compute
 * something else.
 */
export function tensorViews(file: string, header: GgufHeader, architecture: GgufFamily, rows: LayerRows): TensorView[] {
  const { names } = FAMILIES[architecture.family];
  const outside = outsideNames(architecture.family);
  const inside = blockNames(architecture);
  return [...header.tensors.values()].flatMap((tensor) => {
    if (ROPE_TENSORS.includes(tensor.name)) return [];
    const [, block, part = "", kind = ""] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(tensor.name) ?? [];
    const layer = block === undefined ? "" : `${names.layers}${block}.`;
    const joined = block === undefined ? undefined : joinedLayers(architecture, part, rows);
    if (joined) {
      let firstRow = 0;
      return joined.map(([name, count]) => {
        const shape = [count, ...tensor.shape.slice(1)];
        const one = { ...view(tensor, `${layer}${name}.${kind}`), shape, firstRow };
        firstRow += count;
        return one;
      });
    }
    const name = (block === undefined ? outside : inside)[part];
    if (name === undefined) {
      throw readError({
        file,
        field: `tensor '${tensor.name}'`,
        expected: `a tensor of ${architecture.name} models`,
        got: "another one, without which the model would compute something else",
        advice: CHOOSE_ANOTHER,
        detail: { tensor: tensor.name },
      });
    }
    const paired = architecture.pairedRows && (part === "attn_q" || part === "attn_k");
    return [
      {
        ...view(tensor, `${layer}${name}.${kind}`),
        headDim: paired ? rows.headDim : 1,
        shift: part.endsWith("_norm") ? architecture.normShift : 0,
      },
    ];
  });
}

/** The layers that a part stores one after the other, with the rows of each; undefined where it stores one. */
function joinedLayers(
  { family }: GgufFamily,
  part: string,
  { q, kv, mlp }: LayerRows,
): (readonly [name: string, rows: number])[] | undefined {
  const { names, fused } = FAMILIES[family];
  if (part === "attn_qkv")
    return [
      [names.q, q],
      [names.k, kv],
      [names.v, kv],
    ];
  return fused && part === "ffn_up" ? names.ups.map((name) => [name, mlp]) : undefined;
}

/** llama.cpp's name of a tensor of transformers: its block, the name of its part, and the complete name. Throws "bug" for another one. */
export function ggufTensorName(family: Family, tensor: string): { block?: number; part: string; name: string } {
  const { names } = FAMILIES[family];
  const kind = tensor.endsWith(".bias") ? "bias" : "weight";
  const stem = tensor.slice(0, -(kind.length + 1));
  const inBlock = stem.startsWith(names.layers);
  const [block = "", ...rest] = inBlock ? stem.slice(names.layers.length).split(".") : [""];
  const parts = inBlock ? blockNames({ family }) : outsideNames(family);
  const found = Object.entries(parts).find(([, name]) => name === (inBlock ? rest.join(".") : stem));
  if (!found) throw new EngineError("bug", `${tensor}: llama.cpp has no name for it`);
  const [part] = found;
  return inBlock
    ? { block: Number(block), part, name: `blk.${block}.${part}.${kind}` }
    : { part, name: `${part}.${kind}` };
}

/** From llama.cpp's names of the parts outside the blocks to those of transformers. */
function outsideNames(family: Family): Readonly<Record<string, string>> {
  const { names } = FAMILIES[family];
  return { [EMBEDDING]: names.embedding, [FINAL_NORM]: names.finalNorm, [HEAD]: names.head };
}

function view(tensor: GgufTensor, name: string): TensorView {
  const { name: type } = tensor.type;
  const dtype = type === "F16" || type === "BF16" ? type : "F32";
  return { name, dtype, shape: tensor.shape, tensor, firstRow: 0, headDim: 1, shift: 0 };
}

/** From llama.cpp's names of a block's parts to those of transformers. */
function blockNames({ family }: Pick<GgufFamily, "family">): Readonly<Record<string, string | undefined>> {
  const { names } = FAMILIES[family];
  const [gate, up] = names.ups.length > 1 ? names.ups : [undefined, names.ups[0]];
  const norms =
    family === "olmo2"
      ? { post_attention_norm: names.attentionNorm, post_ffw_norm: names.mlpNorm }
      : {
          attn_norm: names.attentionNorm,
          post_attention_norm: names.attentionPostNorm,
          ffn_norm: names.mlpNorm,
          post_ffw_norm: names.mlpPostNorm,
        };
  return {
    ...norms,
    attn_q: names.q,
    attn_k: names.k,
    attn_v: names.v,
    attn_q_norm: names.qNorm,
    attn_k_norm: names.kNorm,
    attn_output: names.o,
    ffn_gate: gate,
    ffn_up: up,
    ffn_down: names.down,
  };
}
