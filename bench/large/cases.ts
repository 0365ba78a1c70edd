// The large models that are measured: random weights of known shapes, made once into the ignored cache, except where a real model is small enough.
import { join } from "node:path";
import { LLAMA2_7B, type SyntheticShape, TINYLLAMA_1B } from "../../src/lab/syntheticModel.ts";
import { writeSyntheticModel } from "../export/syntheticModel.ts";
import { writeSyntheticGguf } from "./syntheticGguf.ts";

const CACHE = ".cache/synthetic";

export interface LargeCase {
  name: string;
  shape: SyntheticShape;
  /** How the matrices are stored on the GPU. */
  storage: "f16" | "file";
  /** Tokens of a training step, and of a perplexity window. */
  tokens: number;
  /** The form with zeros that is exported: of a folder, or of a GGUF file in its own types. */
  form: "masked" | "gguf-masked";
  /** Writes the model unless it exists. The path of its folder or file. */
  model: () => Promise<string>;
}

async function folder(name: string, shape: SyntheticShape): Promise<string> {
  const path = join(CACHE, name);
  await writeSyntheticModel(path, shape, "F16");
  return path;
}

async function file(name: string, shape: SyntheticShape): Promise<string> {
  const path = join(CACHE, `${name}.gguf`);
  await writeSyntheticGguf(path, shape);
  return path;
}

export const LARGE_CASES: readonly LargeCase[] = [
  {
    ...{ name: "TinyLlama-1.1B, F16", shape: TINYLLAMA_1B, storage: "f16", tokens: 32, form: "masked" },
    model: () => folder("tinyllama-1.1b-f16", TINYLLAMA_1B),
  },
  {
    ...{ name: "TinyLlama-1.1B, Q4_0", shape: TINYLLAMA_1B, storage: "file", tokens: 32, form: "gguf-masked" },
    model: () => file("tinyllama-1.1b-q4_0", TINYLLAMA_1B),
  },
  {
    ...{ name: "LLaMA-2 7B, Q4_0", shape: LLAMA2_7B, storage: "file", tokens: 32, form: "gguf-masked" },
    model: () => file("llama-2-7b-q4_0", LLAMA2_7B),
  },
];
