// The live figures: the gate map, and beside it the curves, the kept share and the widths.
import { useMemo } from "react";
import { lossCurves, gateMap, keptRatio, stepLink, widths } from "../../../charts/index.ts";
import { gateSource, runSource, widthsSource } from "../../views/chartSources.ts";
import { Figure } from "../../parts/Figure.tsx";
import { useStudio, useStudioStore } from "../../studioContext.tsx";

export function MapFigure() {
  const studio = useStudioStore();
  const source = useMemo(() => gateSource(studio), [studio]);
  const whole = useStudio((state) => state.weights !== null);
  return (
    <>
      {whole ? (
        <p className="note" data-testid="map-whole">
          Single weights are pruned now, so every dimension stays. <a href="#weights-heading">Which weights survive</a>
        </p>
      ) : null}
      <Figure
        number={1}
        name="map"
        title="Which dimensions survive"
        caption="Each row is one selection vector of a block, each column one embedding dimension; on the right how much of a row is kept, below how often a dimension is kept over all rows."
        make={gateMap}
        source={source}
      />
    </>
  );
}

export function RunFigures() {
  const studio = useStudioStore();
  const source = useMemo(() => runSource(studio), [studio]);
  const widthSource = useMemo(() => widthsSource(studio), [studio]);
  const make = useMemo(() => {
    const link = stepLink();
    return {
      lossCurves: (node: HTMLElement) => lossCurves(node, { link }),
      keptRatio: (node: HTMLElement) => keptRatio(node, { link }),
    };
  }, []);
  return (
    <>
      <Figure
        number={2}
        name="curves"
        title="Loss and budget penalty"
        caption="Loss in nats a token under the sampled masks; R as a share of its first value, near 0 once the budget is met."
        make={make.lossCurves}
        source={source}
      />
      <Figure
        number={3}
        name="kept"
        title="Kept share against the target"
        caption="Share of the block weights that the sampled masks keep, step by step, and the target it is drawn to; of a run for every ratio, how far from the target that each step drew."
        make={make.keptRatio}
        source={source}
      />
      <Figure
        number={4}
        name="widths"
        title="Widths, block by block"
        caption="What is left of s1 to s5 in each block: how wide its attention and its MLP remain."
        make={widths}
        source={widthSource}
      />
    </>
  );
}
