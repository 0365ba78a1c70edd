// The library's facts about the embedded model agree with its files.
import { readFileSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { EMBEDDED_MODEL } from "../../src/worker/embeddedModel.ts";

it("has the embedded model's size, family and licence right", () => {
  const folder = `public/${EMBEDDED_MODEL.folder}`;
  const config = JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as { model_type: string };
  expect(EMBEDDED_MODEL.family).toBe(config.model_type);
  expect(EMBEDDED_MODEL.bytes).toBe(statSync(`${folder}/model.safetensors`).size);
  expect(readFileSync(`${folder}/README.md`, "utf8")).toContain(`license: ${EMBEDDED_MODEL.licence}\n`);
  for (const name of EMBEDDED_MODEL.files) expect(statSync(`${folder}/${name}`).size).toBeGreaterThan(0);
});
