// Texts are encoded in slices: messages reach the worker meanwhile, and another model ends the work.
import { expect, test } from "vitest";
import { loadTokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { Texts } from "./texts.ts";

const load = (): ReturnType<typeof loadTokenizer> =>
  loadTokenizer({
    model: { type: "WordLevel", vocab: { "<unk>": 0, word1: 1 }, unk_token: "<unk>" },
    pre_tokenizer: { type: "WhitespaceSplit" },
  });
const long = Array.from({ length: 400_000 }, (_, i) => `word${i.toString(36)}`).join(" ");
const own = { kind: "own", name: "t.txt", text: long } as const;

test("slices give the ids of the whole", () => {
  const tokenizer = load();
  const text = long.slice(0, 50_000);
  const slices = tokenizer.encodeInSlices(text);
  let count = 0;
  for (let slice = slices.next(); ; slice = slices.next(), count++) {
    if (!slice.done) continue;
    expect(slice.value).toEqual(tokenizer.encode(text));
    break;
  }
  expect(count).toBeGreaterThan(1);
});

test("a stop ends the encoding of a long text", async () => {
  const texts = new Texts();
  texts.use(load());
  let stopped = false;
  const encoded = texts.encoded(own, () => stopped).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 5));
  stopped = true;
  expect(await encoded).toMatchObject({ code: "cancelled" });
});

test("other work runs while a long text is encoded, and opening another model ends it", async () => {
  const texts = new Texts();
  texts.use(load());
  const encoded = texts.encoded(own).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 5));
  texts.use(load());
  expect(await encoded).toMatchObject({ code: "cancelled" });
});
