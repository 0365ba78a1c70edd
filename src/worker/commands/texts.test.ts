// The texts of the open model: what is sent after a change of them works on the new ones, and the newest change counts.
import { expect, test } from "vitest";
import { loadTokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { modelCommands } from "./modelCommands.ts";
import { WorkerState } from "./workerState.ts";

const own = (words: number) =>
  ({ kind: "own", name: `${words}.txt`, text: Array.from({ length: words }, (_, i) => `word${i}`).join(" ") }) as const;
const SHORT = own(8);

function begun() {
  const state = new WorkerState(() => undefined);
  const model = { type: "WordLevel", vocab: { "<unk>": 0 }, unk_token: "<unk>" };
  state.texts.use(loadTokenizer({ model, pre_tokenizer: { type: "WhitespaceSplit" } }));
  return { state, texts: modelCommands(state).texts };
}

test("a command behind the change of a long text works on that text", async () => {
  const { state, texts } = begun();
  const answer = texts({ type: "texts", calibration: own(300_000), evaluation: SHORT });
  const used = await state.text("calibration");
  expect([used.name, used.ids.length]).toEqual(["300000.txt", 300_000]);
  expect(await answer).toEqual({ calibrationTokens: 300_000, evaluationTokens: 8 });
});

test("a second change ends the first, and the texts of the second stay", async () => {
  const { state, texts } = begun();
  const first = texts({ type: "texts", calibration: own(300_000), evaluation: SHORT });
  const second = texts({ type: "texts", calibration: own(4), evaluation: SHORT });
  await expect(first).rejects.toMatchObject({ code: "cancelled" });
  expect(await second).toEqual({ calibrationTokens: 4, evaluationTokens: 8 });
  expect((await state.text("calibration")).ids).toHaveLength(4);
});
