// The slider itself, to scale over the whole model: what is never pruned, what the blocks keep, what they lose; two rulers.
import { Slider } from "radix-ui";
import { modelRatioOf } from "../../../state/run/ratio.ts";
import type { RatioUnit } from "../../../state/run/ratio.ts";
import type { ModelFacts } from "../../../worker/protocol.ts";
import { percent } from "../../../shared/format.ts";

interface Props {
  ratio: number;
  unit: RatioUnit;
  parameters: ModelFacts["parameters"] | null;
  /** New kept shares, 0 to 1: of the block weights, of the whole model. */
  onBlocks: (share: number) => void;
  onModel: (share: number) => void;
}

const TICKS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

function Ruler({ className, place, label }: { className: string; place: (share: number) => number; label: string }) {
  return (
    <div className={`ruler ${className}`} aria-hidden="true">
      {TICKS.map((tick) => (
        <span key={tick} style={{ left: percent(place(tick), 3).replace(" ", "") }} data-minor={(tick * 10) % 2 !== 0}>
          {Math.round(100 * tick)}
        </span>
      ))}
      <em>{label}</em>
    </div>
  );
}

export function TargetScale({ ratio, unit, parameters, onBlocks, onModel }: Props) {
  const share = parameters ? modelRatioOf(ratio, parameters) : ratio;
  const rest = parameters ? modelRatioOf(0, parameters) : 0;
  const css = (value: number): string => `${(100 * value).toFixed(3)}%`;
  const blocks = unit === "blocks";
  const words = `keeps ${percent(ratio)} of the block weights${parameters ? `, ${percent(share)} of the whole model` : ""}`;
  return (
    <div className="scale">
      <Ruler className="ruler-blocks" label="% of the block weights" place={(tick) => rest + tick * (1 - rest)} />
      <div className="scale-bar">
        <div className="scale-rest" style={{ width: css(rest) }} title="Embeddings, head and norms: never pruned">
          <span>{rest > 0.06 ? "never pruned" : ""}</span>
        </div>
        <div className="scale-kept" style={{ left: css(rest), width: css(share - rest) }} />
        <Slider.Root
          className="slider"
          style={blocks ? { left: `calc(${css(rest)} - 9px)` } : { left: "-9px" }}
          min={0}
          max={100}
          step={1}
          disabled={!parameters}
          value={[100 * (blocks ? ratio : share)]}
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
      <Ruler className="ruler-model" label="% of the whole model" place={(tick) => tick} />
    </div>
  );
}
