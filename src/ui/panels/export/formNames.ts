// The names of the forms on the screen.
import type { Form } from "../../../engine/index.ts";

export const formNames: Readonly<Record<Form, string>> = {
  masked: "Masked",
  compact: "Compact",
  onnx: "ONNX",
  gguf: "GGUF",
  "gguf-masked": "GGUF, masked",
};
