// The report of a run: what was measured, its texts, recipe and layers, the checks of its exports, and the hashes that identify it.
import { keptPercent } from "../../shared/format.ts";
import type { Report, ReportInput, ReportSection } from "./report.ts";
import { layersPart, recipeSection, recoveryOf } from "./reportMade.ts";
import { checksSection, readingsSection, resultSection, scoresSection, writtenSection } from "./reportMeasured.ts";
import { facts, minutes } from "./reportParts.ts";

function identitySection({
  run: { record },
  facts: known,
  masksSha256,
  fingerprint,
  version,
  now,
}: ReportInput): ReportSection {
  const { model, calibration, perplexity, id } = record;
  return {
    title: "What identifies it",
    parts: [
      facts([
        ["Fingerprint", fingerprint],
        ["Model", `${model.name} (${model.modelType})`],
        ...(known ? ([["Licence of the model", known.licence]] as const) : []),
        ["Fingerprint of the model", model.fingerprint],
        ["SHA-256 of the masks", masksSha256],
        [`SHA-256 of ${calibration.name}`, calibration.sha256],
        ...(perplexity.text.name === calibration.name
          ? []
          : ([[`SHA-256 of ${perplexity.text.name}`, perplexity.text.sha256]] as const)),
        ["Id of the run", id],
        ["Report written", `${minutes(now.toISOString())} by Espalier ${version}`],
      ]),
    ],
  };
}

export function reportOf(input: ReportInput): Report {
  const { run, facts: known, checks, charts, command } = input;
  const { record, masks } = run;
  return {
    title: record.name,
    about: `${record.model.name}, pruned to ${keptPercent(record.kept.blockWeights)} of its block weights. A report by Espalier.`,
    charts,
    sections: [
      resultSection(record),
      ...writtenSection(input),
      ...readingsSection(run),
      ...scoresSection(record),
      ...recoveryOf(record),
      recipeSection(record, command),
      { title: masks.kind === "weights" ? "Matrices" : "Layers, before → after", parts: [layersPart(masks, known)] },
      ...checksSection(checks),
      identitySection(input),
    ],
  };
}
