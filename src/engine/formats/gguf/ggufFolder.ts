// Presents a GGUF file as the folder that the model would be on the hub, so that all code that opens folders can open it.
import { EngineError } from "../../errors.ts";
import type { ByteSource, Folder } from "../files/folder.ts";
import { folderOf } from "../files/folder.ts";
import { memorySource } from "../files/memoryFolder.ts";
import { ggufFamilyNamed } from "./ggufFamilies.ts";
import { configOf, ROPE_TENSORS, type RopeFactors, tokens } from "./config.ts";
import { MetadataFields } from "./metadataFields.ts";
import { type GgufModelFile, partOf, readParts } from "./ggufParts.ts";
import type { GgufHeader } from "./header.ts";
import { mainType } from "./mainType.ts";
import { tensorViews } from "./tensorViews.ts";
import { tokenizerFiles } from "./tokenizer.ts";
import { storedBlocks, readView, weightsSource } from "./weightsSource.ts";

/**
 * Opens a GGUF file: config.json, generation_config.json, tokenizer.json, tokenizer_config.json, README.md (with the licence) and
 * model.safetensors, whose bytes are dequantised as they are read. Quantised tensors become F32; F16 and BF16 stay the same.
 * `parts` are the files of one model, in order: usually one. Throws "format" for a malformed or inconsistent file, "unsupported" for other
 * architectures, types and tokenizers, with the supported ones.
 */
export async function ggufFolder(...parts: readonly ByteSource[]): Promise<Folder> {
  const model = await readParts(parts);
  try {
    return { ...(await folderOfModel(model)), gguf: parts };
  } catch (error) {
    if (parts.length === 1 || !(error instanceof EngineError)) throw error;
    const advice = `The file is in ${parts.length} parts, which were read as one; llama-gguf-split --merge joins them if other programs open them.`;
    throw new EngineError(error.code, `${error.message} ${advice}`, error.detail);
  }
}

async function folderOfModel({ source, header }: GgufModelFile): Promise<Folder> {
  const fields = new MetadataFields(source.name, header);
  const named = fields.get("general.architecture").text();
  const architecture = ggufFamilyNamed(source.name, named, fields.has(`${named}.attention.sliding_window`));
  const config = configOf(fields, header, architecture, await readRopeFactors(source, header));
  const { head_dim: width, num_attention_heads: heads, num_key_value_heads: kvHeads, hidden_size: hidden } = config;
  const headDim = Number(width ?? Number(hidden) / Number(heads));
  const rows = {
    ...{ headDim, q: Number(heads) * headDim, kv: Number(kvHeads) * headDim },
    mlp: Number(config["intermediate_size"]),
  };
  const views = tensorViews(source.name, header, architecture, rows);
  const tokenizer = tokenizerFiles(fields);
  const name = partOf(source.name)?.stem ?? source.name.replace(/\.gguf$/i, "");
  const folder = folderOf(name, [
    textSource("config.json", json(config)),
    textSource("generation_config.json", json(tokens(fields))),
    textSource("tokenizer.json", JSON.stringify(tokenizer.tokenizer)),
    textSource("tokenizer_config.json", json(tokenizer.config)),
    textSource("README.md", card(fields, name)),
    weightsSource(source, views),
  ]);
  const stored = { bytes: source.size, dtype: mainType(header.tensors.values()) };
  return { ...folder, stored, blocks: storedBlocks(source, views) };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function textSource(name: string, text: string): ByteSource {
  return memorySource(name, new TextEncoder().encode(text));
}

/** The values of the tensors about RoPE that the file has. */
export async function readRopeFactors(source: ByteSource, { tensors }: GgufHeader): Promise<RopeFactors> {
  const read = async (name: string): Promise<Float32Array | undefined> => {
    const tensor = tensors.get(name);
    if (!tensor) return undefined;
    return readView(source, { name, dtype: "F32", shape: tensor.shape, tensor, firstRow: 0, headDim: 1, shift: 0 });
  };
  const [all, long, short] = await Promise.all(ROPE_TENSORS.map(read));
  return { all, long, short };
}

/** A model card with the licence and name in the metadata. */
function card(fields: MetadataFields, name: string): string {
  const keys = { license: "license", license_name: "license.name", license_link: "license.link" };
  const lines = Object.entries(keys).flatMap(([field, key]) => {
    const value = fields.has(`general.${key}`) ? fields.get(`general.${key}`).value : undefined;
    // A value with line breaks could end the front matter or start another field.
    return typeof value === "string" && /^[^\r\n]+$/.test(value) ? [`${field}: ${value}`] : [];
  });
  const front = lines.length > 0 ? ["---", ...lines, "---"] : [];
  const title = fields.text("general.name") ?? name;
  return [...front, `# ${title.replace(/\s+/g, " ")}`, `Read from ${name}.gguf.`, ""].join("\n");
}
