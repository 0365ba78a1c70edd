// The check of this GPU: every kernel compared with its double-precision reference, and on request everything that the lab measures.
import { Suspense } from "react";
import { ClipboardCheck, Gauge } from "lucide";
import { LAB_PART_NAMES, labSeconds } from "../../../shared/labParts.ts";
import { canSelfCheck } from "../../../state/allowed.ts";
import { later } from "../../parts/later.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { TaskProgress } from "../../parts/TaskProgress.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { shownModel } from "../../../state/model/shownModel.ts";

const SelfCheckResult = later(async () => (await import("./SelfCheckResult.tsx")).SelfCheckResult);

function Buttons() {
  const ready = useStudio(canSelfCheck);
  const software = useStudio((state) => shownModel(state)?.adapter.software ?? false);
  const { selfCheck } = useActions();
  const minutes = Math.ceil(labSeconds(LAB_PART_NAMES, software) / 60);
  return (
    <div className="check-start">
      <button type="button" data-testid="self-check-start" disabled={!ready} onClick={() => void selfCheck(false)}>
        <Icon of={ClipboardCheck} />
        Check this GPU
      </button>
      <button
        type="button"
        data-testid="self-check-measure"
        aria-describedby="self-check-about"
        disabled={!ready}
        onClick={() => void selfCheck(true)}
      >
        <Icon of={Gauge} />
        Measure too
      </button>
      <p id="self-check-about">
        Compares every kernel with a double-precision reference and times each op against this GPU’s peak. “Measure too”
        also checks models against PyTorch, and measures matmuls, training and decoding: about {minutes} min
        {software ? ", with few sizes because this GPU is software" : ""}.
      </p>
    </div>
  );
}

export function SelfCheckPanel() {
  const check = useStudio((state) => state.check);
  const { cancelSelfCheck } = useActions();
  return (
    <section className="check" data-testid="self-check" aria-label="Check of this GPU">
      {check.phase === "checking" ? (
        <TaskProgress
          task="selfCheck"
          testId="self-check"
          label="Preparing the check…"
          stop="Stop"
          cancel={cancelSelfCheck}
        />
      ) : (
        <Buttons />
      )}
      {check.phase === "failed" ? <ErrorNote error={check.error} context="page" testId="self-check-error" /> : null}
      <Suspense>{check.phase === "checked" ? <SelfCheckResult result={check.result} /> : null}</Suspense>
    </section>
  );
}
