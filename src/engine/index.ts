// The public surface of the engine: outsiders import only this.
export { EngineError, invariant, isGpuMemory } from "./errors.ts";
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
  recipeJson,
  recipeOf,
  WIDTH_MULTIPLES,
  writtenName,
} from "./recipes/recipe.ts";
export type { Estimator, GateMode, RatioMode, Recipe, RecipeNumber } from "./recipes/recipe.ts";
export { Ctx } from "./ctx.ts";
export { quantisedOnOpening, WEIGHT_STORAGES } from "./dtype.ts";
export type { Precision, WeightStorage } from "./dtype.ts";
export { namingSpoilt } from "./model/spoiltTensor.ts";
export { quantisationCost } from "./train/quantisationCost.ts";
export { type QuantisationCost, quantisationText } from "./train/quantisationText.ts";
export { requireOwnWeights } from "./model/ownWeights.ts";
export type { Weights } from "./formats/safetensors/safetensors.ts";
export { fileDtypes, mainDtype } from "./model/matrixStorage.ts";
export { Gpu } from "./gpu/device.ts";
export type { AdapterFacts } from "./gpu/device.ts";
export type { SelfCheck } from "./ops/registry/selfCheck.ts";
export { tuneMatmul } from "./ops/registry/tune.ts";
export { matmulText } from "./matmul/matmulTable.ts";
export type { MatmulTable } from "./matmul/matmulTable.ts";
export { tuneModel } from "./model/tuneModel.ts";
export type { MatmulStore, TunedModel } from "./model/tuneModel.ts";
export { blobSource, folderOf, parseJson, readJson } from "./formats/files/folder.ts";
export type { ByteSource, Folder } from "./formats/files/folder.ts";
export { decodeText } from "./formats/files/decodeText.ts";
export { httpFolder } from "./formats/files/httpFolder.ts";
export { oneLine } from "./formats/card/cardParts.ts";
export { licenceOf } from "./formats/card/licence.ts";
export { addressText, HUB, readAddress } from "./formats/hub/address.ts";
export { fetchModel } from "./formats/hub/cachedModel.ts";
export { arrivedBytes, readManifest, writeManifest } from "./formats/hub/manifest.ts";
export type { Manifest, ModelCard } from "./formats/hub/manifest.ts";
export type { ModelStore } from "./formats/hub/modelStore.ts";
export { safeFetch } from "./formats/hub/safeFetch.ts";
export { DOWNLOAD_LIMITS, failureReason, stallWatch } from "./formats/hub/web.ts";
export { memoryFolder } from "./formats/files/memoryFolder.ts";
export type { FloatDtype, WeightType } from "./dtype.ts";
export type { GgufType } from "./formats/gguf/write/quantize.ts";
export type { OutputFile } from "./formats/files/outputFile.ts";
export { countOnes, packBytes, unpackBits, unpackBytes, unpackWords } from "./formats/files/bitset.ts";
export { masksFromReceipt, readReceipt } from "./formats/receipt/readReceipt.ts";
export { USUAL_FORMS, type Form } from "./formats/files/forms.ts";
export type { GgufRecord, LlamaCheck, PerplexityPair, TextRef } from "./formats/receipt/receiptTypes.ts";
export { finishedRun } from "./formats/runs/finishedRun.ts";
export type { FinishedRunInput } from "./formats/runs/finishedRun.ts";
export { recordJson, RUN_FORMAT, runJson } from "./formats/runs/runRecord.ts";
export type { BaselineMethod, Run, RunMasks, RunRecipe, RunRecord } from "./formats/runs/runRecord.ts";
export {
  readRunHistory,
  readRunMasks,
  readParsedRun,
  readRunRecord,
  readRuns,
  unpackRunMasks,
} from "./formats/runs/readRun.ts";
export type { ModelScores, RunScores, ScoredTask, TaskAccuracies } from "./formats/runs/runScores.ts";
export type { RunKind } from "./formats/runs/runName.ts";
export { runKind, runName } from "./formats/runs/runName.ts";
export {
  type Comparison,
  comparisonJson,
  comparisonLink,
  isComparison,
  readComparison,
  readComparisonLink,
} from "./formats/runs/comparison.ts";
export { historyJson, packHistory, unpackHistory } from "./formats/runs/runHistory.ts";
export type { RunHistory, RunReading } from "./formats/runs/runHistory.ts";
export type { Targets } from "./recipes/targets.ts";
export {
  isWeightReceipt,
  keptShares,
  readWeightReceipt,
  isWeightForm,
  WEIGHT_FORMS,
  weightMasksFromReceipt,
} from "./formats/receipt/weightReceipt.ts";
export type { WeightForm, WeightReceipt } from "./formats/receipt/weightReceipt.ts";
export { modelFolder } from "./formats/gguf/modelFolder.ts";
export { filesToModel, isGguf, shallowestModel } from "./formats/files/modelFiles.ts";
export type { FolderTree } from "./formats/files/modelFiles.ts";
export { exportOnnx, ONNX_FILE } from "./formats/onnx/exportOnnx.ts";
export { checkNames, safeName, zipSizeBytes, zipStream } from "./formats/files/zip.ts";
export { countParameters, readConfig } from "./config/config.ts";
export type { ModelConfig, ParameterCounts } from "./config/config.ts";
export { loadModel } from "./model/load.ts";
export type { Model } from "./model/load.ts";
export { openModel, sha256 } from "./model/open.ts";
export type { OpenedModel } from "./model/open.ts";
export type { Tokenizer } from "./tokenizer/tokenizer.ts";
export { JsonField } from "./json/jsonFields.ts";
export { architectureOf } from "./masks/architecture.ts";
export type { Architecture } from "./masks/architecture.ts";
export { magnitudeMasks, randomMasks } from "./masks/baselineMasks.ts";
export { blockTensors } from "./masks/tensorGates.ts";
export { budgetOf, countsOf, keptTotalWeights, keptWeights } from "./masks/budget.ts";
export type { Budget } from "./masks/budget.ts";
export { indexLists } from "./masks/compact.ts";
export { cutReader } from "./prune/gates/cutReader.ts";
export { compactModel, modelOfMasks } from "./prune/gates/modelOfMasks.ts";
export { byBlock, gateLayout, LOGIT_OFFSET, NOT_PRUNED, sharingOf, unflatten } from "./masks/gates.ts";
export type { GateLayout, Masks } from "./masks/gates.ts";
export { checkReachable, lowestRatio, lowestReason } from "./masks/reachable.ts";
export { readRatioList } from "./recipes/ratioList.ts";
export { nestedArchitectures, nestednessOf } from "./masks/nestedness.ts";
export type { LogitsAt, Nestedness } from "./masks/nestedness.ts";
export type { BlockNorms } from "./prune/weights/blockPruner.ts";
export { zeroedModel } from "./prune/weights/zeroedModel.ts";
export { windowScores, windowValues } from "./prune/weights/weightWindow.ts";
export { openedRows } from "./prune/weights/cells/openedRows.ts";
export { matrixCells } from "./prune/weights/cells/matrixCells.ts";
export type { MatrixCells, MatrixKeep } from "./prune/weights/cells/matrixCells.ts";
export type { MatrixWindow } from "./prune/weights/weightWindow.ts";
export { checkFits, directionOf, mlpMatrices } from "./masks/mlpMatrices.ts";
export type { Direction, MlpMatrix } from "./masks/mlpMatrices.ts";
export { pruneWeights } from "./prune/weights/pruneWeights.ts";
export type { PrunedWeights } from "./prune/weights/pruneWeights.ts";
export { isKept, keptOfMasks, weightsOf } from "./masks/weightMasks.ts";
export type { WeightMasks } from "./masks/weightMasks.ts";
export {
  checkWeightRecipe,
  DEFAULT_WEIGHT_RECIPE,
  METHOD_NAMES,
  parsePattern,
  WEIGHT_METHODS,
  WEIGHT_RECIPE_BOUNDS,
} from "./recipes/weightRecipe.ts";
export type { WeightMethod, WeightRecipe } from "./recipes/weightRecipe.ts";
export { calibrationSequences } from "./train/batches.ts";
export { checkpointChunks, decodeCheckpoint, encodeCheckpoint } from "./train/checkpoint.ts";
export type { Checkpoint } from "./train/checkpoint.ts";
export { decodeBlock, encodeBlock } from "./train/blockCheckpoint.ts";
export { decodeRecovery } from "./recover/checkpoint.ts";
export type { PrunedBlock } from "./prune/weights/prunedBlock.ts";
export { ratiosOf } from "./train/ratio.ts";
export { approvePlan, choosePlan, followPlan, nextPlan, planWanted, slowdownOf } from "./train/planChoices.ts";
export type { PlanResult, PlanWish } from "./train/planChoices.ts";
export { countRecovery, type RecoveryPlan } from "./recover/planRecovery.ts";
export type { MemoryPlan, PlanChoice, PlanParts } from "./train/memoryPlan.ts";
export { resumeNote } from "./train/resumeNote.ts";
export { Session } from "./train/session.ts";
export type { StepMetrics, StepReport } from "./train/session.ts";
export {
  checkRecoverRecipe,
  DEFAULT_RANK,
  DEFAULT_RECOVER_RECIPE,
  RANK_BOUNDS,
  recoverLearningRate,
  RECOVER_BOUNDS,
  RECOVER_MATRICES,
} from "./recipes/recoverRecipe.ts";
export type { RecoverRecipe, RecoverScope } from "./recipes/recoverRecipe.ts";
export { DEFAULT_REFIT_RECIPE, type RefitRecipe } from "./recipes/refitRecipe.ts";
export { differentField, sameFields } from "./recipes/sameFields.ts";
export { type RecoveryReceipt, recoveryWords } from "./formats/receipt/recoveryReceipt.ts";
export { refit } from "./recover/refit/refit.ts";
export { RecoverSession } from "./recover/session.ts";
export type { Pruning } from "./recover/storedParts.ts";
export type { GuardRecord } from "./recover/guard.ts";
export type { LowRankAdapter } from "./formats/export/peftAdapter.ts";
export { overlaid } from "./recover/overlay.ts";
export type { RecoveredValues } from "./recover/overlay.ts";
export {
  modelWithValues,
  recoveredModel,
  recoveryResult,
  updatedValues,
  weightsPruned,
} from "./recover/recoveredModel.ts";
export { exportGates, ROUNDED_LOGIT_LIMIT } from "./evaluate/export/exportGates.ts";
export { ggufFormsOf } from "./evaluate/export/ggufForms.ts";
export { formSizes, weightFormSizes } from "./evaluate/export/formSizes.ts";
export { GGUF_TYPES } from "./formats/gguf/write/quantize.ts";
export type { FormSize } from "./evaluate/export/formSizes.ts";
export { exportRatios } from "./evaluate/export/exportRatios.ts";
export type { RatioInside } from "./evaluate/export/exportRatios.ts";
export { exportWeightForms } from "./evaluate/export/exportPrunedWeights.ts";
export type { ExportGatesOptions } from "./evaluate/export/exportGates.ts";
export type { ExportedForm, ExportTarget } from "./evaluate/export/writeForms.ts";
export type { FormReader } from "./evaluate/export/readBack.ts";
export { checkedText } from "./evaluate/export/llamaCheck.ts";
export type { CheckedText, LlamaModel, LlamaReader } from "./evaluate/export/llamaCheck.ts";
export { generate } from "./evaluate/generate.ts";
export { likelyTokens, type LikelyToken } from "./evaluate/likelyTokens.ts";
export { speedRows, timeModels } from "./evaluate/speed.ts";
export type { Pair, SpeedReport, SpeedRow } from "./evaluate/speed.ts";
export type { Spread } from "./evaluate/spread.ts";
export { denseAgreement } from "./evaluate/agreement.ts";
export type { Agreement } from "./evaluate/agreement.ts";
export { scoreTask } from "./evaluate/tasks/scoreTask.ts";
export type { ZeroShotTask } from "./evaluate/tasks/task.ts";
export { readTaskFile } from "./evaluate/tasks/taskFile.ts";
export { textTask } from "./evaluate/tasks/textTasks.ts";
export { MIN_TEXT_TASK_ITEMS, TEXT_TASK_DEFAULTS, TEXT_TASKS, type TextTask } from "./recipes/textTaskNames.ts";
export { accuraciesOf, accuracyDifference } from "./evaluate/tasks/taskScore.ts";
export type { TaskScore } from "./evaluate/tasks/taskScore.ts";
export { tokenLosses } from "./evaluate/tokenLosses.ts";
export { perplexity } from "./evaluate/perplexity.ts";
export type { Perplexity } from "./evaluate/perplexity.ts";
export { checkGolden } from "./golden/check.ts";
