// Progress of a long task: what is done, how much, the time left, and a button that stops it.
import type { ReactNode } from "react";
import { Progress } from "radix-ui";
import { Square } from "lucide";
import type { Task } from "../../worker/protocol.ts";
import { bytes, duration, whole } from "../../shared/format.ts";
import { useThrottled } from "../studioContext.tsx";
import { Icon } from "./Icon.tsx";

interface Props {
  task: Task;
  /** Shown until the worker reports what it is doing. */
  label: string;
  /** Text of the button. */
  stop?: string;
  /** Stops the task. */
  cancel: () => Promise<void>;
  /** Of the bar; the button's is this with "-cancel". Default: the task's name. */
  testId?: string;
  /** More buttons. */
  children?: ReactNode;
}

export function TaskProgress({ task, label, stop = "Cancel", cancel, testId = task, children }: Props) {
  const progress = useThrottled((state) => state.progress[task]);
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const amount = progress
    ? progress.unit === "bytes"
      ? `${bytes(progress.done)} of ${bytes(progress.total)}`
      : `${whole(progress.done)} of ${whole(progress.total)} ${progress.unit}`
    : "";
  const left = progress?.secondsLeft ? `, ${duration(progress.secondsLeft)} left` : "";
  return (
    <div className="task-progress" data-testid={`${testId}-progress`}>
      <p role="status">
        {progress?.note ?? label} {amount}
        {left}
      </p>
      <Progress.Root className="bar" value={Math.round(100 * share)} aria-label={label}>
        <Progress.Indicator className="bar-fill" style={{ transform: `scaleX(${share})` }} />
      </Progress.Root>
      <button type="button" data-testid={`${testId}-cancel`} onClick={() => void cancel()}>
        <Icon of={Square} />
        {stop}
      </button>
      {children}
    </div>
  );
}
