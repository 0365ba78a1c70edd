// The arguments of npm run prune -- --apply: what is read, and what is refused with the argument's name.
import { describe, expect, it } from "vitest";
import { readApplyArguments } from "./apply.ts";

const RECEIPT = "golden/llama/golden.json"; // any file will do, because only the page reads it
const given = (...more: string[]): string[] => ["--apply", RECEIPT, "--model", "golden/llama", "--out", "out", ...more];

describe("npm run prune -- --apply", () => {
  it("applies a receipt to a model, in every form and as the model is stored", () => {
    expect(readApplyArguments(given())).toEqual({
      receipt: RECEIPT,
      model: "golden/llama",
      out: "out",
      forms: ["masked", "compact", "onnx"],
      host: "auto",
    });
    expect(readApplyArguments(given("--host", "dawn")).host).toBe("dawn");
  });

  it("takes forms, dtype and shard size", () => {
    expect(readApplyArguments(given("--forms", "compact", "--dtype", "bf16", "--shard-mb", "500"))).toMatchObject({
      forms: ["compact"],
      dtype: "BF16",
      shardBytes: 500_000_000,
    });
  });

  it("leaves ONNX out where it has no such dtype and no forms are named", () => {
    expect(readApplyArguments(given("--dtype", "bf16")).forms).toEqual(["masked", "compact"]);
  });

  it.each([
    [["--apply", RECEIPT, "--model", "golden/llama"], /--out: expected a value, got none/],
    [
      ["--apply", "no-such.json", "--model", "golden/llama", "--out", "out"],
      /--apply: expected a file, got "no-such\.json", which does not exist/,
    ],
    [
      ["--apply", RECEIPT, "--model", RECEIPT, "--out", "out"],
      /--model: expected a folder or a \*\.gguf file, got .*, which is another file/,
    ],
    [given("--keep", "0.5"), /--keep/],
    [given("--dtype", "F8"), /--dtype: expected F32, F16, BF16, got "F8"/],
    [given("--shard-mb", "0.5"), /--shard-mb: expected a whole number of at least 1, got 0\.5/],
    [given("--shard-mb", "many"), /--shard-mb: expected a number, got "many"/],
    [given("--forms", "masked,onnx", "--dtype", "bf16"), /--dtype: expected f32 or f16 for onnx, got bf16/],
    [given("--forms", "ggml"), /--forms: expected masked, compact, onnx, gguf, gguf-masked, .*, got "ggml"/],
    [given("--forms", "gguf", "--gguf-type", "q5"), /--gguf-type: expected F32, F16, BF16, Q8_0, Q4_0, got "q5"/],
    [given("--gguf-type", "q8_0"), /--gguf-type: expected gguf or gguf-masked in --forms, got neither/],
  ])("refuses %j", (argv, message) => {
    expect(() => readApplyArguments(argv)).toThrow(message);
  });
});
