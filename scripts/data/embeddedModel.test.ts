// The library's facts about the embedded model agree with its files.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { EMBEDDED_MODEL } from "../../src/worker/embeddedModel.ts";

it("has the embedded model's size, family and licence right", () => {
  const folder = `public/${EMBEDDED_MODEL.folder}`;
  const config = JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as { model_type: string };
  expect(EMBEDDED_MODEL.family).toBe(config.model_type);
  expect(EMBEDDED_MODEL.bytes).toBe(statSync(`${folder}/model.safetensors`).size);
  expect(readFileSync(`${folder}/README.md`, "utf8")).toContain(`license: ${EMBEDDED_MODEL.licence}\n`);
  for (const [name, sha256] of Object.entries(EMBEDDED_MODEL.files))
    expect([
      name,
      createHash("sha256")
        .update(readFileSync(`${folder}/${name}`))
        .digest("hex"),
    ]).toEqual([name, sha256]);
});
