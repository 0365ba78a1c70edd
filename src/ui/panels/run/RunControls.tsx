// The controls of a training: start, pause, single steps, stop and reset, by button and by key.
import { Pause, Play, RotateCcw, Square, StepForward } from "lucide";
import { CAN_COMMAND } from "../../../state/allowed.ts";
import type { RunCommand } from "../../../state/run/runState.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { Icon } from "../../parts/Icon.tsx";

const TRAIN_LABEL = { idle: "Train", training: "Pause", paused: "Continue", done: "Train again" } as const;

function trainLabel({ run: { phase }, pendingCommand, startWaits }: StudioState): string {
  if (startWaits) return TRAIN_LABEL.training;
  if (pendingCommand === "train" && phase !== "training") return "Starting…";
  return pendingCommand === "pause" ? "Pausing…" : TRAIN_LABEL[phase];
}

export function RunControls() {
  const training = useStudio((state) => state.run.phase === "training" || state.startWaits);
  const label = useStudio(trainLabel);
  const able = {
    train: useStudio(CAN_COMMAND.train),
    pause: useStudio(CAN_COMMAND.pause),
    step: useStudio(CAN_COMMAND.step),
    stop: useStudio(CAN_COMMAND.stop),
    reset: useStudio(CAN_COMMAND.reset),
  };
  const resetting = useStudio((state) => state.dialog === "reset");
  const { train, pause, step, stop, showDialog } = useActions();
  const command: Record<RunCommand, () => void> = {
    train: () => void train(),
    pause: () => void pause(),
    step: () => void step(),
    stop: () => void stop(),
    reset: () => showDialog("reset"),
  };
  const trainOrPause = training ? "pause" : "train";
  return (
    <div className="run-controls">
      <button
        type="button"
        className="primary"
        data-testid={training ? "pause" : "play"}
        aria-keyshortcuts="T"
        disabled={!able[trainOrPause]}
        onClick={command[trainOrPause]}
      >
        <Icon of={training ? Pause : Play} />
        {label}
      </button>
      <button type="button" data-testid="step" aria-keyshortcuts="S" disabled={!able.step} onClick={command.step}>
        <Icon of={StepForward} />
        Step
      </button>
      <button type="button" data-testid="stop" aria-keyshortcuts="X" disabled={!able.stop} onClick={command.stop}>
        <Icon of={Square} />
        Stop
      </button>
      <button
        type="button"
        data-testid="reset"
        aria-keyshortcuts="R"
        aria-haspopup="dialog"
        aria-expanded={resetting}
        disabled={!able.reset}
        onClick={command.reset}
      >
        <Icon of={RotateCcw} />
        Reset
      </button>
    </div>
  );
}
