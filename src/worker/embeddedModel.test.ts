// The constants of the built-in model are those of its files.
import { expect, it } from "vitest";
import { diskFolder } from "../../scripts/diskFolder.ts";
import { countParameters } from "../engine/index.ts";
import { fingerprintOf, readModelFiles } from "../engine/model/open.ts";
import { EMBEDDED_FACTS, EMBEDDED_MODEL } from "./embeddedModel.ts";

it("has the facts that its files give", async () => {
  const files = await readModelFiles(diskFolder(`public/${EMBEDDED_MODEL.folder}`));
  const { modelType, layers, dModel, dMlp, heads, kvHeads, headDim, glu, vocab, context } = files.config;
  expect(EMBEDDED_FACTS).toEqual({
    ...{ name: EMBEDDED_MODEL.name, fingerprint: await fingerprintOf(files), licence: EMBEDDED_MODEL.licence },
    ...{ modelType, layers, dModel, dMlp, heads, kvHeads, headDim, glu, vocab, context },
    ...{ dtype: files.dtype, fileDtype: files.dtype, fileBytes: files.weights.sizeBytes },
    parameters: countParameters(files.config),
  });
});
