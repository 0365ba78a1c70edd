// A matrix of the open model under the current pruning.
import { useMemo } from "react";
import { pictureTitle } from "../../../state/run/shown.ts";
import { useStudio, useThrottled } from "../../studioContext.tsx";
import type { LayerRow } from "../../views/layersView.ts";
import { currentKeep, type MatrixPlace } from "../../views/matrixView.ts";
import { MatrixFigures } from "./MatrixFigures.tsx";

/** Masks of a training are followed so often: each time the matrix is read again. */
const FOLLOW_MS = 1000;

interface Props {
  place: MatrixPlace;
  row: LayerRow;
  /** Linear layers of a block. */
  layers: number;
  show: "weights" | "change";
}

export function CurrentMatrix({ place, row, layers, show }: Props) {
  const architecture = useThrottled((state) => state.architecture, FOLLOW_MS);
  const weights = useStudio((state) => state.weights);
  const of = useThrottled(pictureTitle, FOLLOW_MS);
  const keeps = useMemo(
    () => currentKeep({ architecture, weights }, place, layers),
    // a recovery makes a new one of each, so that changes are read again
    [architecture, weights, place, layers],
  );
  return <MatrixFigures place={place} name={row.name} keeps={keeps} show={show} of={`${row.name}, ${of}`} />;
}
