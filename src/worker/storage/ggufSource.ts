// What opens GGUF files, as a script of its own: a model in safetensors does not need it.
export { modelFolder } from "../../engine/index.ts";
