// The forms in which a pruned model is written (docs/formats.md).
export const FORMS = ["masked", "compact", "onnx", "gguf", "gguf-masked"] as const;
/** The forms that are written unless others are named. */
export const USUAL_FORMS = ["masked", "compact", "onnx"] as const satisfies readonly Form[];
/** The forms of a pruned model (docs/formats.md). */
export type Form = (typeof FORMS)[number];
