// Every situation has its title and advice: the exact words for errors as they are thrown, and rules for all pairs of code and context.
import { describe, expect, it } from "vitest";
import { EngineError, type ErrorCode } from "../../engine/index.ts";
import type { ErrorContext } from "../../state/page/pageState.ts";
import { errorWords, situationOf } from "./situationOf.ts";
import { SITUATIONS } from "./situations.ts";

const CODES: readonly ErrorCode[] = [
  ...(["no-webgpu", "limit", "out-of-memory", "device-lost", "shape", "shader", "format"] as const),
  ...(["config", "unsupported", "not-finite", "storage", "network", "cancelled", "bug"] as const),
];
const CONTEXTS: readonly ErrorContext[] = [
  ...(["model", "text", "runs", "link", "training", "pruning", "export", "measuring", "page"] as const),
];

type Case = readonly [
  what: string,
  code: ErrorCode,
  context: ErrorContext,
  message: string,
  title: string,
  advice: string,
];

const CASES: readonly Case[] = [
  [
    "an array without memory",
    "out-of-memory",
    "training",
    EngineError.from(new RangeError("Array buffer allocation failed")).message,
    "Out of memory.",
    "Close other pages and programs, then try again. Nothing on the screen is lost.",
  ],
  [
    "calibration text too short for a step",
    "shape",
    "training",
    "calibration text: expected at least 32 tokens, got 5. Choose a longer text or fewer tokens per step.",
    "The calibration text is too short.",
    "Texts are chosen under Run.",
  ],
  [
    "text too short",
    "format",
    "text",
    "a.txt: expected at least 2 tokens, got 1. Choose a longer text.",
    "The text is too short.",
    "The previous text stays.",
  ],
  [
    "empty text",
    "format",
    "text",
    "a.txt: expected at least 2 tokens, got 0. Choose a longer text.",
    "The text is empty.",
    "Choose another file. The previous text stays.",
  ],
  [
    "text that is not UTF-8",
    "format",
    "text",
    "a.txt: expected UTF-8, got byte 255 at 12. Save it as UTF-8 in an editor, or choose another file.",
    "This file is not plain text.",
    "The previous text stays.",
  ],
  [
    "text dropped during a run",
    "config",
    "text",
    "a.txt: texts cannot be changed while a run trains. Pause or stop it, then drop the file again.",
    "The texts cannot be changed now.",
    "The previous text stays.",
  ],
  [
    "two texts dropped",
    "config",
    "text",
    "Expected one text, got a.txt, b.txt. Drop the calibration text alone; choose the evaluation text under Texts.",
    "One text at a time.",
    "The previous text stays.",
  ],
  [
    "text not reachable",
    "bug",
    "text",
    "Failed to fetch",
    "The text could not be loaded.",
    "Check that you are online, or choose a file from this machine. The previous text stays.",
  ],
  [
    "run file that is not JSON",
    "format",
    "runs",
    "runs.json: expected JSON, got Unexpected token. The file was changed or damaged: use the original that Espalier wrote.",
    "This file has no runs that can be read.",
    "Choose a JSON file that Espalier exported, with “Export”. The saved runs are as before.",
  ],
  [
    "run of another model",
    "config",
    "runs",
    "This run belongs to A (b0f2), but B (dbc2) is open. Open A first.",
    "This run belongs to another model.",
    "The saved runs are as before.",
  ],
  [
    "masks of another model",
    "shape",
    "runs",
    "masks: expected 5 vectors of 4 and 8 gates, got others; the run belongs to another model",
    "This run belongs to another model.",
    "The saved runs are as before.",
  ],
  [
    "SparseGPT's run",
    "unsupported",
    "runs",
    "SparseGPT changes the weights that it keeps: prune with the same recipe once more.",
    "Masks alone cannot restore this run.",
    "The saved runs are as before.",
  ],
  [
    "a comparison that no link holds",
    "limit",
    "runs",
    "This comparison is too long for a link. Save it as JSON instead.",
    "This link was not made.",
    "The saved runs are as before.",
  ],
  [
    "a refused copy",
    "storage",
    "measuring",
    "The browser did not let this page copy. Select the table and copy it instead.",
    "Nothing was copied.",
    "Nothing else was changed.",
  ],
  [
    "link while a run has begun",
    "config",
    "link",
    "A run has begun, and a link must not change its settings. Stop the run, then open the link again",
    "This link was not applied.",
    "The run is as it was.",
  ],
  [
    "link of another model",
    "config",
    "link",
    "This link is of the model tiny. Its settings are set; open tiny before you train",
    "This link needs another model.",
    "Links only change settings.",
  ],
  [
    "link without settings",
    "config",
    "link",
    "The link has no setting that Espalier knows, so nothing was changed: a=b is not a setting.",
    "This link changed nothing.",
    "The settings are as they were.",
  ],
  [
    "invalid link",
    "config",
    "link",
    "Some settings in this link are invalid, so defaults were used: colour=red is not a setting.",
    "Part of this link was ignored.",
    "Whatever is valid in it was used.",
  ],
  [
    "no tokenizer",
    "format",
    "model",
    "tiny: expected a file tokenizer.json, got config.json. Add the file, or choose the folder that has it.",
    "The tokenizer is missing.",
    "tokenizer.json is next to the weights where the model was published; put it into the same folder. The previous model stays open.",
  ],
  [
    "model cut off",
    "format",
    "model",
    "model.safetensors: size: expected at least 900 bytes, got 100. The file is cut short or damaged: fetch it again.",
    "A file is incomplete.",
    "Compare its size with the one at the source. The previous model stays open.",
  ],
  [
    "no model in the folder",
    "format",
    "model",
    "Expected a model folder with config.json, got notes.txt. Choose the folder with config.json.",
    "No model found.",
    "The previous model stays open.",
  ],
  [
    "unsupported family",
    "unsupported",
    "model",
    "config.json: model_type: expected one of llama, got mamba",
    "This model is not supported.",
    "Nothing was changed. The previous model stays open.",
  ],
  [
    "quantised folder",
    "unsupported",
    "model",
    "config.json: quantization_config: expected none, got gptq",
    "Quantised models are not supported.",
    "Open the original in F32, F16 or BF16, or a GGUF file of it. The previous model stays open.",
  ],
  [
    "config and weights that contradict each other",
    "format",
    "model",
    "weights: tensor 'a': expected shape [4, 4] by config.json, got [4, 8]. Use config.json and weights of the same model.",
    "The files of this model contradict each other.",
    "Take config.json and weights from the same place. The previous model stays open.",
  ],
  [
    "config with a wrong field",
    "config",
    "model",
    "config.json: model_type: expected a string, got nothing. Use the config.json that the model was published with.",
    "The settings of this model cannot be used.",
    "The previous model stays open.",
  ],
  [
    "gated model",
    "network",
    "model",
    "org/tiny is gated: its licence must be accepted first, and Espalier cannot sign in.",
    "This model needs your permission.",
    "Espalier signs in nowhere, so it cannot download it. The previous model stays open.",
  ],
  [
    "not on the hub",
    "network",
    "model",
    "There is no model org/tiny at revision main on the hub (the server answered 404).",
    "Model not found.",
    "Names are case-sensitive. The previous model stays open.",
  ],
  [
    "offline",
    "network",
    "model",
    "config.json could not be fetched in 3 attempts; the last one failed because the connection failed (Failed to fetch).",
    "No connection.",
    "Check that you are online; models that were fetched before open without a connection. The previous model stays open.",
  ],
  [
    "disk full",
    "storage",
    "training",
    "Writing the checkpoint failed (QuotaExceededError).",
    "Disk full.",
    "Nothing on the screen is lost.",
  ],
  [
    "out of memory while training",
    "out-of-memory",
    "training",
    "a step did not fit",
    "Out of GPU memory.",
    "Close other pages that use the GPU, or choose fewer tokens per step.",
  ],
  [
    "out of memory while opening",
    "out-of-memory",
    "model",
    "weights did not fit",
    "Out of GPU memory.",
    "Close other pages that use the GPU, or open a smaller model. The previous model stays open.",
  ],
  ["device lost", "device-lost", "page", "the GPU process ended", "GPU lost.", "Nothing on the screen is lost."],
  [
    "worker ended",
    "bug",
    "page",
    "The GPU worker ended (it has stopped). Reload the page.",
    "GPU work has ended.",
    "Finished runs are saved.",
  ],
  [
    "run of another text",
    "config",
    "training",
    "calibration text: expected the one that the saved run was trained on, got another. Choose it under Run, then resume.",
    "The saved run belongs to another text.",
    "The saved run stays.",
  ],
  [
    "loss not a number",
    "not-finite",
    "training",
    "The loss of step 3 is not a finite number, so the run was stopped.",
    "The loss is no longer a number.",
    "The run stopped; its last good checkpoint, the map and the curves are kept. Lower the learning rate (try a tenth) or lambda in the recipe and train again.",
  ],
  [
    "export in a dtype that the form has not",
    "unsupported",
    "export",
    "onnx: dtype: expected F32 or F16, got BF16",
    "This export is not possible.",
    "No file was offered. The masks on the screen stay.",
  ],
  [
    "unexpected",
    "bug",
    "page",
    "x is undefined",
    "Unexpected error.",
    "Nothing on the screen is lost. If it happens again, reload the page and report this message.",
  ],
];

describe("errors as they happen", () => {
  it.each(CASES)("%s", (_what, code, context, message, title, advice) => {
    expect(errorWords(new EngineError(code, message), context)).toEqual({
      title,
      message: /[.!?]$/.test(message) ? message : `${message}.`,
      advice,
    });
  });
});

describe("all situations", () => {
  const all = CODES.flatMap((code) => CONTEXTS.map((context) => ({ code, context })));

  it("every code has a situation in every context, and the fitting names are unique", () => {
    for (const { code, context } of all) expect(situationOf({ code, message: "" }, context).title).not.toBe("");
    const names = SITUATIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(14);
  });

  it("titles have no final period, and advice is made of full sentences", () => {
    for (const { title, advice } of SITUATIONS) {
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(advice).toMatch(/^[A-Zt].*\.$/);
    }
  });

  it("only opening a model gives advice about models", () => {
    const elsewhere = SITUATIONS.filter(({ contexts }) => !contexts?.includes("model"));
    expect(
      elsewhere.filter(({ advice }) => /\bmodel|config\.json|weights\b/i.test(advice)).map(({ name }) => name),
    ).toEqual([]);
    for (const context of ["text", "runs"] as const)
      for (const code of CODES) expect(situationOf({ code, message: "" }, context).advice).not.toMatch(/model/i);
  });

  it("fetching a file again is advised nowhere but where the message says that it is cut", () => {
    expect(SITUATIONS.filter(({ advice }) => /(fetch|download).*again/i.test(advice)).map(({ name }) => name)).toEqual(
      [],
    );
  });

  it("cuts a message that would fill the screen", () => {
    const { message } = errorWords({ code: "bug", message: "x ".repeat(5000) }, "page");
    expect(message.length).toBeLessThan(800);
    expect(message).toMatch(/…$/);
  });
});
