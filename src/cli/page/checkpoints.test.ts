// Checkpoints of the command line: --resume continues the same recovery, and refuses another one by the name of what differs.
import { afterEach, expect, test, vi } from "vitest";
import { DEFAULT_RECOVER_RECIPE, type RecoverSession } from "../../engine/index.ts";
import { encodeRecovery } from "../../engine/recover/checkpoint.ts";
import { ServedCheckpoints } from "./checkpoints.ts";

const recipe = { ...DEFAULT_RECOVER_RECIPE, learningRate: 1e-3 };
const SAVED = { recipe, step: 50, subject: "s", context: 256 };

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Resumes `given` from a checkpoint in the folder; returns the notices. */
async function resumed(given: Partial<typeof SAVED>, saved: Partial<typeof SAVED> = SAVED): Promise<string[]> {
  const values = Float32Array.of(1, 2, 3);
  const arrays = { theta: values, m: values, v: values, best: values };
  const bytes = await encodeRecovery({ ...{ recipe, step: 50, subject: "s" }, ...saved, ...arrays });
  vi.stubGlobal("fetch", (url: string) =>
    Promise.resolve(url.endsWith("/recover.0.safetensors") ? new Response(bytes) : new Response("", { status: 404 })),
  );
  const notices: string[] = [];
  const checkpoints = new ServedCheckpoints({ url: "http://local", resume: true }, (text) => notices.push(text));
  const session = { ...SAVED, ...given, restore: () => Promise.resolve() };
  await checkpoints.resumeRecovery(session as unknown as RecoverSession);
  return notices;
}

test("the same recovery continues, also from a checkpoint of an older version, which has no context", async () => {
  const notices = [`Continues the recovery at step 50 of ${recipe.steps}.`];
  expect(await resumed({})).toEqual(notices);
  expect(await resumed({ context: 8 }, { step: 50 })).toEqual(notices);
});

test.each([
  [{ context: 8 }, "--resume: context: expected 256, as in the interrupted command, got 8. Repeat the command"],
  // a refit in other windows gives other weights
  [{ context: 8, subject: "other" }, "--resume: context: expected 256"],
  [{ subject: "other" }, "--resume: expected the pruned model and the text of the interrupted command, got others."],
  [
    { recipe: { ...recipe, rank: 8 } },
    "--resume: rank: expected none, as in the interrupted command, got 8. Repeat the command",
  ],
])("%j is refused by name", async (given, message) => {
  await expect(resumed(given)).rejects.toThrow(message);
});
