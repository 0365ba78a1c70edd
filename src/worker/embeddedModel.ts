// The model that comes with the page: what the library shows of it before it is opened, and its files.
export const EMBEDDED_MODEL = {
  name: "speeches-3.5M",
  /** Below the page's own address. */
  folder: "model",
  files: [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "README.md",
    "model.safetensors",
  ],
  family: "llama",
  licence: "mit",
  /** Of the weights' file. */
  bytes: 7_092_288,
} as const;
