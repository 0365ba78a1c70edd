// The GPU memory that the open model takes, planned before it was loaded, in one line; the rest is loaded when it is unfolded.
import { Suspense, useState } from "react";
import { bytes } from "../../../shared/format.ts";
import { later } from "../../parts/later.ts";
import { Summary } from "../../parts/Summary.tsx";
import { useStudio } from "../../studioContext.tsx";

const MemoryPlanDetails = later(async () => (await import("./MemoryPlanDetails.tsx")).MemoryPlanDetails);

export function MemoryPlanPanel() {
  const planned = useStudio((state) => state.plan?.planned);
  const [seen, setSeen] = useState(false);
  if (!planned) return null;
  const { fits } = planned.plan;
  return (
    <details className="memory" open={!fits} key={`${planned.name} ${fits}`} onToggle={() => setSeen(true)}>
      <Summary>
        {fits ? `GPU memory: ${bytes(planned.plan.totalBytes)}` : `${planned.name} does not fit on this GPU`}
      </Summary>
      <Suspense>{seen || !fits ? <MemoryPlanDetails /> : null}</Suspense>
    </details>
  );
}
