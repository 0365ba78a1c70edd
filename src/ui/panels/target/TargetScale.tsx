// The slider, to scale over the whole model: what is never pruned, what the blocks keep and what they lose, between two rulers.
import { Slider } from "radix-ui";
import { modelRatioOf } from "../../../state/run/ratio.ts";
import type { RatioUnit } from "../../../state/run/ratio.ts";
import type { ModelFacts } from "../../../worker/protocol.ts";
import { percent, percentNumber } from "../../../shared/format.ts";

interface Props {
  /** Kept share of the block weights, 0 to 1. */
  ratio: number;
  /** What one step of the slider is a percent of. */
  unit: RatioUnit;
  /** Null while no model is open. */
  parameters: ModelFacts["parameters"] | null;
  /** The method has no target. */
  disabled: boolean;
  /** Called with a new share of the block weights, 0 to 1. */
  onBlocks: (share: number) => void;
  /** Called with a new share of the whole model, 0 to 1. */
  onModel: (share: number) => void;
}

const TICKS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
/** The share that is never pruned has its label where there is room for it. */
const LABELLED_FROM = 0.06;

/** The slider is longer than the bar by half a thumb at each end, so that the thumb's middle is at the value. */
const HALF_THUMB_PX = 12;

/** A share as a CSS length. */
const css = (share: number): string => `${percentNumber(share, 3)}%`;

interface RulerProps {
  className: string;
  /** Position of a tick on the bar, 0 to 1. */
  position: (tick: number) => number;
  label: string;
}

function Ruler({ className, position, label }: RulerProps) {
  return (
    <div className={`ruler ${className}`} aria-hidden="true">
      {TICKS.map((tick) => (
        <span key={tick} style={{ left: css(position(tick)) }} data-minor={(tick * 10) % 2 !== 0}>
          {percentNumber(tick, 0)}
        </span>
      ))}
      <em>{label}</em>
    </div>
  );
}

export function TargetScale({ ratio, unit, parameters, disabled, onBlocks, onModel }: Props) {
  const share = parameters ? modelRatioOf(ratio, parameters) : ratio;
  const rest = parameters ? modelRatioOf(0, parameters) : 0;
  const blocks = unit === "blocks";
  const words = `keeps ${percent(ratio)} of the block weights${parameters ? `, ${percent(share)} of the whole model` : ""}`;
  return (
    <div className="scale">
      <Ruler className="ruler-blocks" label="% of the block weights" position={(tick) => rest + tick * (1 - rest)} />
      <div className="scale-bar">
        <div className="scale-rest" style={{ width: css(rest) }} title="Embeddings, head and norms are never pruned">
          <span>{rest > LABELLED_FROM ? "never pruned" : ""}</span>
        </div>
        <div className="scale-kept" style={{ left: css(rest), width: css(share - rest) }} />
        <Slider.Root
          className="slider"
          style={blocks ? { left: `calc(${css(rest)} - ${HALF_THUMB_PX}px)` } : { left: `-${HALF_THUMB_PX}px` }}
          min={0}
          max={100}
          step={1}
          disabled={disabled || !parameters}
          value={[Number(percentNumber(blocks ? ratio : share))]}
          onValueChange={([value = 0]) => (blocks ? onBlocks(value / 100) : onModel(value / 100))}
        >
          <Slider.Track className="slider-track" />
          <Slider.Thumb
            className="slider-thumb"
            aria-label="Target: kept share"
            aria-valuetext={words}
            data-testid="ratio-slider"
          />
        </Slider.Root>
      </div>
      <Ruler className="ruler-model" label="% of the whole model" position={(tick) => tick} />
    </div>
  );
}
