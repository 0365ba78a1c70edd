import { installDawn } from "../src/cli/host/dawn.ts";
import { Ctx, Gpu, openModel } from "../src/engine/index.ts";
import { AS_CARD } from "../src/engine/gpu/device.ts";
import { generate } from "../src/engine/evaluate/generate.ts";
import { diskFolder } from "../scripts/diskFolder.ts";
installDawn();
const ctx = new Ctx(await Gpu.open({ facts: AS_CARD }));
const opened = await openModel(ctx, diskFolder("public/model"));
const prompt = [...opened.tokenizer.encode("The state of the union is strong and")];
for (let round = 0; round < 4; round++) {
  const t = performance.now();
  let n = 0;
  for await (const token of generate(ctx, opened.model, prompt, { tokens: 48, temperature: 0, seed: 0, stopTokens: [] })) n += token >= 0 ? 1 : 0;
  console.log(round, n, ((performance.now() - t) / n).toFixed(2), "ms per token");
}
process.exit(0);
