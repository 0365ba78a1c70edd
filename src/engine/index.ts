// The public surface of the engine: outsiders import only this.
export { EngineError, invariant } from "./errors.ts";
export type { ErrorCode, PlainError } from "./errors.ts";
export {
  checkRecipe,
  checkRecipeNumber,
  DEFAULT_RECIPE,
  ESTIMATORS,
  GATE_MODES,
  RATIO_MODES,
  RECIPE_BOUNDS,
  RECIPE_NUMBERS,
} from "./train/recipe.ts";
export type { Estimator, GateMode, RatioMode, Recipe, RecipeNumber } from "./train/recipe.ts";
export { Ctx } from "./ctx.ts";
export type { Precision } from "./tensor.ts";
export { Gpu } from "./gpu/device.ts";
export { selfCheck } from "./ops/selfCheck.ts";
export type { SelfCheck } from "./ops/selfCheck.ts";
export { tuneMatmul } from "./ops/tune.ts";
export { blobSource, folderOf } from "./formats/folder.ts";
export type { ByteSource, Folder } from "./formats/folder.ts";
export { httpFolder } from "./formats/httpFolder.ts";
export { licenceOf } from "./formats/licence.ts";
export { addressText, HUB, readAddress } from "./formats/hub/address.ts";
export { fetchModel } from "./formats/hub/cachedModel.ts";
export { arrivedBytes, readManifest, writeManifest } from "./formats/hub/manifest.ts";
export type { Manifest, ModelCard } from "./formats/hub/manifest.ts";
export type { ModelStore } from "./formats/hub/modelStore.ts";
export { DOWNLOAD_LIMITS } from "./formats/hub/web.ts";
export { memoryFolder } from "./formats/memoryFolder.ts";
export type { FloatDtype } from "./formats/dtype.ts";
export type { OutputFile } from "./formats/outputFile.ts";
export { unpackBits, unpackWords } from "./formats/bitset.ts";
export { masksFromReceipt, readReceipt } from "./formats/readReceipt.ts";
export { FORMS } from "./formats/receipt.ts";
export type { Form, PerplexityPair, TextRef } from "./formats/receipt.ts";
export { finishedRun } from "./formats/finishedRun.ts";
export type { FinishedRunInput } from "./formats/finishedRun.ts";
export { RUN_FORMAT } from "./formats/runRecord.ts";
export type { BaselineMethod, Run, RunMasks, RunRecipe, RunRecord } from "./formats/runRecord.ts";
export { readRunMasks, readRunRecord, readRuns, unpackRunMasks } from "./formats/readRun.ts";
export { isWeightReceipt, keptShares, readWeightReceipt, weightMasksFromReceipt } from "./formats/weightReceipt.ts";
export { isGguf, modelFolder } from "./formats/gguf/ggufFolder.ts";
export { exportOnnx, ONNX_FILE } from "./formats/onnx/exportOnnx.ts";
export { checkNames, safeName, zipSizeBytes, zipStream } from "./formats/zip.ts";
export { countParameters, readConfig } from "./model/config.ts";
export type { ModelConfig } from "./model/config.ts";
export { loadModel } from "./model/load.ts";
export type { Model } from "./model/load.ts";
export { openModel, sha256 } from "./model/open.ts";
export type { OpenedModel } from "./model/open.ts";
export type { Tokenizer } from "./model/tokenizer.ts";
export { architectureOf } from "./prune/architecture.ts";
export type { Architecture } from "./prune/architecture.ts";
export { magnitudeMasks, randomMasks } from "./prune/baselineMasks.ts";
export { budgetOf, countsOf, keptTotalWeights, keptWeights } from "./prune/budget.ts";
export type { Budget } from "./prune/budget.ts";
export { indexLists } from "./prune/compact.ts";
export { cutReader } from "./prune/cutReader.ts";
export { byBlock, gateLayout, sharingOf } from "./prune/gates.ts";
export type { GateLayout, Masks } from "./prune/gates.ts";
export { readRatioList } from "./prune/ratioList.ts";
export { nestedArchitectures, nestednessOf } from "./prune/nestedness.ts";
export type { LogitsAt, Nestedness } from "./prune/nestedness.ts";
export type { BlockNorms } from "./prune/blockPruner.ts";
export { maskedReader } from "./prune/maskedReader.ts";
export { zeroedModel } from "./prune/zeroedModel.ts";
export { windowScores, windowValues } from "./prune/weightWindow.ts";
export { checkFits, directionOf, mlpMatrices } from "./prune/mlpMatrices.ts";
export { pruneWeights } from "./prune/pruneWeights.ts";
export type { PrunedWeights } from "./prune/pruneWeights.ts";
export { isKept, keptOfMasks, weightsOf } from "./prune/weightMasks.ts";
export type { WeightMask, WeightMasks } from "./prune/weightMasks.ts";
export {
  checkWeightRecipe,
  DEFAULT_WEIGHT_RECIPE,
  METHOD_NAMES,
  parsePattern,
  WEIGHT_METHODS,
  WEIGHT_RECIPE_BOUNDS,
} from "./prune/weightRecipe.ts";
export type { Pattern, WeightMethod, WeightRecipe } from "./prune/weightRecipe.ts";
export { calibrationSequences } from "./train/batches.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./train/checkpoint.ts";
export type { Checkpoint } from "./train/checkpoint.ts";
export { ratiosOf } from "./train/ratio.ts";
export { approvePlan } from "./train/memoryPlan.ts";
export type { MemoryPlan, PlanChoice, PlanNews, PlanParts } from "./train/memoryPlan.ts";
export { Session } from "./train/session.ts";
export type { Report } from "./train/session.ts";
export { deliver } from "./evaluate/delivery.ts";
export { nestRatios } from "./evaluate/nestRatios.ts";
export type { RatioInside } from "./evaluate/nestRatios.ts";
export { deliverWeights } from "./evaluate/weightDelivery.ts";
export type { DeliveryOptions } from "./evaluate/delivery.ts";
export type { Delivery, Place } from "./evaluate/deliverForms.ts";
export type { FormReader } from "./evaluate/readBack.ts";
export { generate } from "./evaluate/generate.ts";
export { speedRows, timeModels } from "./evaluate/speed.ts";
export type { Pair, SpeedReport, SpeedRow } from "./evaluate/speed.ts";
export type { Spread } from "./evaluate/spread.ts";
export { tokenLosses } from "./evaluate/tokenLosses.ts";
export { perplexity } from "./evaluate/perplexity.ts";
export { checkGolden } from "./golden/check.ts";
