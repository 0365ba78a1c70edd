// The arguments of --apply: what is read, and what is refused with the argument's name.
import { describe, expect, it } from "vitest";
import { readApplyArguments } from "./apply.ts";

const RECEIPT = "golden/llama/golden.json"; // any file will do: the page reads it
const given = (...more: string[]): string[] => ["--apply", RECEIPT, "--model", "golden/llama", "--out", "out", ...more];

describe("npm run prune -- --apply", () => {
  it("applies a receipt to a model, in every form and as the model is stored", () => {
    expect(readApplyArguments(given())).toEqual({
      receipt: RECEIPT,
      model: "golden/llama",
      out: "out",
      forms: ["masked", "compact", "onnx"],
    });
  });

  it("takes forms, dtype and shard size", () => {
    expect(readApplyArguments(given("--forms", "compact", "--dtype", "bf16", "--shard-mb", "500"))).toMatchObject({
      forms: ["compact"],
      dtype: "BF16",
      shardBytes: 500_000_000,
    });
  });

  it("leaves ONNX out where the dtype is not for it and no forms are named", () => {
    expect(readApplyArguments(given("--dtype", "bf16")).forms).toEqual(["masked", "compact"]);
  });

  it.each([
    [["--apply", RECEIPT, "--model", "golden/llama"], /--out is missing/],
    [
      ["--apply", "no-such.json", "--model", "golden/llama", "--out", "out"],
      /--apply no-such\.json: a file was expected/,
    ],
    [["--apply", RECEIPT, "--model", RECEIPT, "--out", "out"], /--model .*: a folder or a \*\.gguf file was expected/],
    [given("--keep", "0.5"), /--keep/],
    [given("--dtype", "F8"), /--dtype takes F32, F16, BF16; "F8" came/],
    [given("--shard-mb", "0.5"), /--shard-mb must be a whole number of at least 1; 0\.5 came/],
    [given("--shard-mb", "many"), /--shard-mb must be a number; "many" came/],
    [given("--forms", "masked,onnx", "--dtype", "bf16"), /--dtype bf16 is not for onnx/],
    [given("--forms", "gguf"), /--forms takes masked, compact, onnx, .*; "gguf" came/],
  ])("refuses %j", (argv, message) => {
    expect(() => readApplyArguments(argv)).toThrow(message);
  });
});
