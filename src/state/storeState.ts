// The state of the store: all slices together. Life cycles are unions of phases, never several booleans.
import type { ExportSlice, NestedSlice, SizesSlice, SpeedSlice } from "./export/exportState.ts";
import type { CheckSlice, LibrarySlice, ModelSlice } from "./model/modelState.ts";
import type { FiguresSlice } from "./figures/figuresState.ts";
import type { DeviceSlice, PageSlice } from "./page/pageState.ts";
import type { CurveSlice, GatesSlice, RecoverSlice, RunSlice, WeightsSlice } from "./run/runState.ts";
import type { SettingsSlice } from "./run/settingsState.ts";
import type { ComparisonSlice, ExamplesSlice, LossesSlice, RunsSlice } from "./runs/runsState.ts";
import type { ScoresSlice } from "./scores/scoresState.ts";
import type { StorageSlice } from "./storage/storageState.ts";
import type { GenerateSlice, PerplexitySlice, TextSlice } from "./text/textState.ts";

export type StudioState = ModelSlice &
  LibrarySlice &
  CheckSlice &
  TextSlice &
  PerplexitySlice &
  GenerateSlice &
  RunSlice &
  GatesSlice &
  CurveSlice &
  WeightsSlice &
  RecoverSlice &
  SettingsSlice &
  ExportSlice &
  NestedSlice &
  SizesSlice &
  SpeedSlice &
  RunsSlice &
  LossesSlice &
  ExamplesSlice &
  ComparisonSlice &
  ScoresSlice &
  FiguresSlice &
  StorageSlice &
  PageSlice &
  DeviceSlice;

export type Patch = Partial<StudioState>;
export type GetState = () => StudioState;
export type SetState = (patch: Patch | ((state: StudioState) => Patch)) => void;
