// What npm run bench sends to its page, and what the page answers: types only.
import type { ServedFolder } from "../../src/cli/page/servedModel.ts";
import type { MatmulFigure } from "./matmuls.ts";
import type { DecodeFigure, StepFigure } from "../../src/lab/stepAndDecode.ts";
import type { PeakLoop } from "../../src/lab/peak.ts";
import type { PeerFigure } from "./peer.ts";
import type { SliderFigure } from "./slider.ts";
import type { SpeedFigure } from "./speed.ts";
import type { Spread } from "../../src/lab/timing.ts";

export interface BenchRequest {
  model: ServedFolder;
  text: string;
  tokens: number[];
  rounds: number;
}

export interface BenchAnswer {
  adapter: string;
  software: boolean;
  matmul: string;
  model: string;
  rounds: number;
  peakGflops: Record<PeakLoop, Spread>;
  matmuls: MatmulFigure[];
  steps: StepFigure[];
  decode: DecodeFigure;
  speed: SpeedFigure;
  slider: SliderFigure;
  peers: PeerFigure[];
  weightBytes: number;
}
