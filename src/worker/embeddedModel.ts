// The model that comes with the page: its files, and what is shown of it before it is opened.
import type { KnownFacts } from "./payloads/model.ts";
import type { PerplexityResult } from "./payloads/measure.ts";

export const EMBEDDED_MODEL = {
  name: "speeches-3.5M",
  /** Relative to the page's address. */
  folder: "model",
  /** SHA-256 of each file. */
  files: {
    "config.json": "290b18d4567477d31c121f291fe5e1244482d40aa49b5d4af06e93d64d50199a",
    "generation_config.json": "828f67b32db6667a2781b342d222c4b717176f01f236c421ee5873e71af3eb08",
    "tokenizer.json": "2578d660bebe1fe3df93dfec6520c3eb8969fe4cddae588510b38f25a044b995",
    "tokenizer_config.json": "055b684c5f56ce1a5215ebd0d5c38a8d92a82de60424b12990778816fc12cac2",
    "README.md": "40be044fae976071e3b5ac7e8688c54a308542d781a70fec79a8e10345294992",
    "model.safetensors": "654fe550c21ed80e096d95d1be4dd476564afc9c1eb1030c3a8cbd183764f493",
  },
  family: "llama",
  licence: "mit",
  /** Size of the weights file. */
  bytes: 7_092_288,
} as const;

/** The facts of the open model, from constants: the first picture needs neither its files nor a GPU. A test compares them with its files. */
export const EMBEDDED_FACTS: KnownFacts = {
  name: EMBEDDED_MODEL.name,
  fingerprint: "b0f259f7357c327e",
  modelType: "llama",
  layers: 8,
  dModel: 192,
  dMlp: 512,
  heads: 6,
  kvHeads: 2,
  headDim: 32,
  glu: true,
  vocab: 2048,
  context: 512,
  dtype: "F16",
  parameters: { blocks: 3_145_728, embeddings: 393_216, head: 0, norms: 3_264, biases: 0, total: 3_542_208 },
  fileBytes: 7_084_416,
  fileDtype: "F16",
  licence: EMBEDDED_MODEL.licence,
};

/** The dense model's perplexity as the page measures it at first on a software adapter. A browser test compares it with the engine's. */
export const EMBEDDED_PERPLEXITY: PerplexityResult = {
  value: 19.47,
  context: 512,
  tokens: 2048,
  text: { name: "sotu-held.txt", sha256: "0cfb1f38340aeec2ff590d96ce46af7ad322ebebceff761ccf7a82839b2b4b9b" },
  beginToken: false,
};
