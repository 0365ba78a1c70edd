// The command for the Python package: the recipe's fields under the package's own names.
import { expect, test } from "vitest";
import { DEFAULT_RECIPE, DEFAULT_WEIGHT_RECIPE } from "../../engine/index.ts";
import known from "../../../python/src/espalier/cli.py?raw";
import { scaleCommand, scaleWeightsCommand } from "./scaleCommand.ts";

test("names what the user chose and leaves out defaults", () => {
  expect(scaleCommand("Llama-2-7b", { ...DEFAULT_RECIPE, ratio: 0.6, steps: 10_000, tokens: 2048 })).toBe(
    "torchrun --nproc-per-node gpu -m espalier prune --model Llama-2-7b --text TEXT.txt --eval HELD.txt --out OUT --keep 0.6 --steps 10000 --tokens 2048 --seed 1 --weights bf16 --recompute",
  );
});

test("prunes single weights where such a method is chosen", () => {
  const command = scaleWeightsCommand("Llama-2-7b", { ...DEFAULT_WEIGHT_RECIPE, method: "wanda", pattern: "50%" });
  expect(command).toBe(
    "espalier prune --model Llama-2-7b --text TEXT.txt --eval HELD.txt --out OUT --method wanda --pattern 50% --sequences 64 --tokens 128 --seed 1 --weights bf16",
  );
  for (const [flag] of command.matchAll(/--[a-z-]+(?= )/g)) expect(known).toContain(`"${flag}"`);
});

test("every argument exists in the package, and names are quoted for the shell", () => {
  const command = scaleCommand("it's mine", {
    ...{ ...DEFAULT_RECIPE, gates: "mlp", widthMultiple: 32, ratioMode: "every", estimator: "gumbel" },
    ...{ lambda: 5, learningRate: 2e-3, weightDecay: 0, checkpointEvery: 10 },
  });
  expect(command).toContain(`--model 'it'\\''s mine' `);
  expect(command).toContain("--ratio-mode every");
  for (const [flag] of command.matchAll(/--[a-z-]+(?= )/g)) {
    if (flag !== "--nproc-per-node") expect(known).toContain(`"${flag}"`);
  }
});
