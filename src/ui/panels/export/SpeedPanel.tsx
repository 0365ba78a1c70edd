// Speed on this machine: how long the dense and the pruned model take, including where pruning makes it slower.
import { Gauge, Square } from "lucide";
import { canMeasureSpeed } from "../../../state/allowed.ts";
import { useActions, useStudio, useThrottled } from "../../studioContext.tsx";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { SpeedTable } from "./SpeedTable.tsx";

function Measuring() {
  const progress = useThrottled((state) => state.progress.speed);
  const { cancelSpeed } = useActions();
  return (
    <p className="actions">
      <span role="status" data-testid="speed-progress">
        {progress ? `Measuring ${progress.note ?? ""}, ${progress.done} of ${progress.total}…` : "Measuring…"}
      </span>
      <button type="button" data-testid="speed-cancel" onClick={() => void cancelSpeed()}>
        <Icon of={Square} />
        Cancel
      </button>
    </p>
  );
}

/** Shown for an export that is prepared. */
export function SpeedPanel() {
  const speed = useStudio((state) => state.speed);
  const ready = useStudio(canMeasureSpeed);
  const stale = useStudio(({ speed: now, exported }) => now.phase === "measured" && now.of !== exported.last);
  const { measureSpeed } = useActions();
  return (
    <div className="speed" data-testid="speed">
      <h3 id="speed-heading">Speed on this machine</h3>
      {speed.phase === "measuring" ? (
        <Measuring />
      ) : (
        <p className="actions">
          <button type="button" data-testid="speed-start" disabled={!ready} onClick={() => void measureSpeed()}>
            <Icon of={Gauge} />
            {speed.phase === "measured" ? "Measure again" : "Measure speed"}
          </button>
        </p>
      )}
      {speed.phase === "measured" ? <SpeedTable report={speed.report} ratio={speed.of.of.ratio} /> : null}
      {stale ? <p>Measured on an earlier export.</p> : null}
      {speed.phase === "none" ? <p>Compares dense and pruned, in this studio’s engine and in onnxruntime.</p> : null}
      {speed.phase === "failed" ? <ErrorNote error={speed.error} context="measuring" testId="speed-error" /> : null}
    </div>
  );
}
