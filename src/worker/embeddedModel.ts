// The model that comes with the page: its files, and what the library shows before it is opened.
export const EMBEDDED_MODEL = {
  name: "speeches-3.5M",
  /** Relative to the page's address. */
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
  /** Size of the weights file. */
  bytes: 7_092_288,
} as const;
