// The figures that follow a run: loss and budget, the kept share, and the widths by block.
import { useMemo } from "react";
import { keptRatio, lossCurves, stepLink, widths } from "../../../charts/index.ts";
import type { RatioMode } from "../../../engine/index.ts";
import { CURVES } from "../../../state/runs/restoreRun.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { Figure } from "../../parts/Figure.tsx";
import { useStudio, useStudioStore } from "../../studioContext.tsx";
import { runSource, widthsSource } from "../../views/chartSources.ts";
import { onlyBlocks } from "../../views/selectionView.ts";
import { runTable, widthsTable } from "../../views/figureTables.ts";
import { CURVES_CAPTION, KEPT_CAPTIONS, NO_SAVED_CURVES, NO_WEIGHT_CURVES, WIDTHS_CAPTION } from "./captions.ts";

/** Why there are no curves although something is pruned; null where there are, or may be. */
function noCurves({ weights, restored }: StudioState): string | null {
  if (weights) return NO_WEIGHT_CURVES;
  return restored?.missing.includes(CURVES) ? NO_SAVED_CURVES : null;
}

/** What the run on the screen was trained for. Before the first step the figure shows the target of the recipe, as for one ratio. */
function shownMode({ run, architecture, recipe }: StudioState): RatioMode {
  if (architecture?.made.kind === "disp") return architecture.made.recipe.ratioMode;
  return run.phase === "idle" || architecture ? "one" : recipe.ratioMode;
}

export function RunFigures() {
  const studio = useStudioStore();
  const source = useMemo(() => runSource(studio), [studio]);
  const widthSource = useMemo(() => widthsSource(studio), [studio]);
  const mode = useStudio(shownMode);
  const missing = useStudio(noCurves);
  const blocks = useStudio((state) => state.selectedBlocks);
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
        name="curves"
        title="Loss and budget penalty"
        caption={missing ?? CURVES_CAPTION}
        make={make.lossCurves}
        table={runTable}
        source={source}
      />
      <Figure
        name="kept"
        title="Kept share and target"
        caption={missing ?? KEPT_CAPTIONS[mode]}
        make={make.keptRatio}
        table={runTable}
        source={source}
      />
      <Figure
        name="widths"
        title="Widths, block by block"
        caption={`${WIDTHS_CAPTION}${onlyBlocks(blocks)}`}
        make={widths}
        table={widthsTable}
        source={widthSource}
      />
    </>
  );
}
