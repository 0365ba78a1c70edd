// The model that comes with the page: its files, and what the library shows before it is opened.
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
