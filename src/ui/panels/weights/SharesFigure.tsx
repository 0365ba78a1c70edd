// The share of its weights that each matrix of the MLP keeps.
import { useMemo } from "react";
import { matrixShares } from "../../../charts/index.ts";
import type { PrunedMlp } from "../../../worker/protocol.ts";
import { Figure } from "../../parts/Figure.tsx";
import { useStudioStore } from "../../studioContext.tsx";
import { partsOf, PARTS, sharesSource } from "../../views/weightSources.ts";
import { barsTable } from "../../views/figureTables.ts";
import { SHARES_CAPTION } from "../figures/captions.ts";

interface Props {
  weights: PrunedMlp;
}

export function SharesFigure({ weights }: Props) {
  const studio = useStudioStore();
  const source = useMemo(() => sharesSource(studio), [studio]);
  // as a string, so that equal parts of another pruning keep the chart
  const parts = partsOf(weights).join(" ");
  const make = useMemo(() => {
    const drawn = PARTS.filter((part) => parts.split(" ").includes(part));
    return (node: HTMLElement) => matrixShares(node, drawn);
  }, [parts]);
  const table = useMemo(() => barsTable(parts.split(" ")), [parts]);
  return (
    <Figure
      name="matrix-shares"
      title="Kept share by matrix"
      caption={SHARES_CAPTION}
      make={make}
      source={source}
      table={table}
    />
  );
}
