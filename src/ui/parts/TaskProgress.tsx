// A long task: how far it is, the time left, and its stop.
import { Progress } from "radix-ui";
import type { Task } from "../../worker/protocol.ts";
import { bytes, duration } from "../../shared/format.ts";
import { useThrottled } from "../studioContext.tsx";

interface Props {
  task: Task;
  /** Said until the worker says what it does. */
  label: string;
  /** What the button says. */
  stop?: string;
  cancel: () => Promise<void>;
}

export function TaskProgress({ task, label, stop = "Cancel", cancel }: Props) {
  const progress = useThrottled((state) => state.progress[task]);
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const amount = progress
    ? progress.unit === "bytes"
      ? `${bytes(progress.done)} of ${bytes(progress.total)}`
      : `${progress.done} of ${progress.total} ${progress.unit}`
    : "";
  const left = progress?.secondsLeft ? `, ${duration(progress.secondsLeft)} left` : "";
  return (
    <div className="opening" data-testid={`${task}-progress`}>
      <p role="status">
        {progress?.note ?? label} {amount}
        {left}
      </p>
      <Progress.Root className="bar" value={Math.round(100 * share)} aria-label={label}>
        <Progress.Indicator className="bar-fill" style={{ transform: `scaleX(${share})` }} />
      </Progress.Root>
      <button type="button" data-testid={`${task}-cancel`} onClick={() => void cancel()}>
        {stop}
      </button>
    </div>
  );
}
