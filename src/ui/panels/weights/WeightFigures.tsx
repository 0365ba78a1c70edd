// The figures of single weights, while single weights are the current pruning.
import { Suspense } from "react";
import { later } from "../../parts/later.ts";
import { useStudio } from "../../studioContext.tsx";

const SingleWeights = later(async () => (await import("./SingleWeights.tsx")).SingleWeights);

export function WeightFigures() {
  const weights = useStudio((state) => state.weights);
  return weights ? (
    <Suspense>
      <SingleWeights weights={weights} />
    </Suspense>
  ) : null;
}
