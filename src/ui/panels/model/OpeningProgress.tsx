// Progress of a model that is being opened: stage, bytes, time left, and a button that stops it.
import { Progress } from "radix-ui";
import { Square } from "lucide";
import { bytes, duration, whole } from "../../../shared/format.ts";
import type { Progress as OpenProgress } from "../../../worker/protocol.ts";
import { useActions, useStudio, useThrottled } from "../../studioContext.tsx";
import { Icon } from "../../parts/Icon.tsx";

/** What the worker's note means for the model `name`. */
function stageOf(note: string | undefined, name: string): string {
  if (note === "fetching") return `Downloading ${name}`;
  if (note === "checking") return `Checking ${name}`;
  if (note === "choosing matmul kernels") return "Choosing matmul kernels";
  if (note === "uploading to the GPU") return `Uploading ${name} to the GPU`;
  return `Opening ${name}`;
}

const amountOf = ({ done, total, unit }: OpenProgress): string =>
  unit === "shapes" ? `${whole(done)} of ${whole(total)}` : `${bytes(done)} of ${bytes(total)}`;

export function OpeningProgress() {
  const name = useStudio(({ model }) => (model.phase === "opening" ? model.name : null));
  const progress = useThrottled((state) => state.progress.open);
  const { cancelOpen } = useActions();
  if (name === null) return null;
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const stage = stageOf(progress?.note, name);
  const left = progress?.secondsLeft === undefined ? "" : `, ${duration(progress.secondsLeft)} left`;
  return (
    <div className="task-progress" data-testid="opening">
      <p role="status" className="opening-name">
        {stage}…
      </p>
      <Progress.Root className="bar" value={Math.round(100 * share)} aria-label={stage}>
        <Progress.Indicator className="bar-fill" style={{ transform: `scaleX(${share})` }} />
      </Progress.Root>
      <p className="opening-amount">
        <span data-testid="opening-bytes">{progress ? `${amountOf(progress)}${left}` : "Preparing the GPU…"}</span>
        <button type="button" className="link" data-testid="open-cancel" onClick={() => void cancelOpen()}>
          <Icon of={Square} />
          Stop
        </button>
      </p>
    </div>
  );
}
