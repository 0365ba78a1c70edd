// A model on its way: what is being done, bytes, time left, and stopping it.
import { Progress } from "radix-ui";
import { bytes, duration } from "../../../shared/format.ts";
import { useActions, useThrottled, useStudio } from "../../studioContext.tsx";

const SAID = { fetching: "Fetching", checking: "Checking", "uploading to the GPU": "Uploading to the GPU" };

export function OpeningProgress() {
  const name = useStudio(({ model }) => (model.phase === "opening" ? model.name : null));
  const progress = useThrottled((state) => state.progress.open);
  const { cancelOpen } = useActions();
  if (name === null) return null;
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const said = SAID[progress?.note as keyof typeof SAID] ?? "Opening";
  const left = progress?.secondsLeft === undefined ? "" : `, ${duration(progress.secondsLeft)} left`;
  return (
    <div className="opening" data-testid="opening">
      <p role="status" className="opening-name">
        {said} {name}…
      </p>
      <Progress.Root className="bar" value={Math.round(100 * share)} aria-label={`${said} ${name}`}>
        <Progress.Indicator className="bar-fill" style={{ transform: `scaleX(${share})` }} />
      </Progress.Root>
      <p className="opening-amount">
        <span data-testid="opening-bytes">
          {progress ? `${bytes(progress.done)} of ${bytes(progress.total)}${left}` : "preparing the GPU"}
        </span>
        <button type="button" className="link" data-testid="open-cancel" onClick={() => void cancelOpen()}>
          Stop
        </button>
      </p>
    </div>
  );
}
