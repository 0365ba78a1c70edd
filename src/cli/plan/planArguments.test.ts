// What is planned for: precision and types of the matrices, by --weights.
import { expect, test } from "vitest";
import { UsageError } from "../arguments/usageError.ts";
import { readPlanArguments } from "./planArguments.ts";

const GGUF = "golden/quantised/model.gguf";
const planned = (model: string, weights: string) => readPlanArguments(["--model", model, "--weights", weights]);

test.each([["f32"], ["f16"], ["q8_0"], ["q4_0"]])("--weights %s", async (weights) => {
  const request = await planned("public/model", weights);
  expect(request.choice.precision).toBe(weights);
  expect(request.stored).toBeUndefined();
});

test("--weights file takes the types that the file has, tensor by tensor", async () => {
  const { choice, stored } = await planned(GGUF, "file");
  expect(choice.precision).toBe("file");
  const { names, blocks } = stored as Exclude<typeof stored, undefined>;
  const types = new Set(names.map((name) => blocks?.dtypeOf(name)).filter((type) => type !== undefined));
  expect([...types].sort()).toEqual(["Q4_0", "Q4_1", "Q4_K", "Q5_0", "Q5_1", "Q5_K", "Q6_K", "Q8_0"]);
});

test("a folder has no types of blocks", async () => {
  await expect(planned("public/model", "file")).rejects.toThrow(UsageError);
  await expect(planned("public/model", "q3")).rejects.toThrow(
    /--weights: expected one of f32, f16, file, q8_0, q4_0, got "q3"/,
  );
});
