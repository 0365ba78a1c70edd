// The controls of a training: start, pause, single steps, stop and reset, by button and by key.
import { useState } from "react";
import type { StudioState } from "../../../state/storeState.ts";
import { useShortcuts } from "../../shortcuts.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { ResetDialog } from "./ResetDialog.tsx";

const PLAY_LABEL = { idle: "Train", training: "Pause", paused: "Continue", done: "Train again" } as const;

/** A command can be given: the model and the GPU are ready and free, and no other command waits for its answer. */
const canCommand = ({ model, device, asked, exported, compare }: StudioState): boolean =>
  model.phase === "open" &&
  device.phase === "ready" &&
  asked === null &&
  exported.phase !== "preparing" &&
  compare.phase !== "writing";

function playLabel({ run: { phase }, asked }: StudioState): string {
  if (asked === "play" && phase !== "training") return "Starting…";
  return asked === "pause" ? "Pausing…" : PLAY_LABEL[phase];
}

export function RunControls() {
  const phase = useStudio((state) => state.run.phase);
  const able = useStudio(canCommand);
  const label = useStudio(playLabel);
  const { play, pause, step, stop } = useActions();
  const [resetting, setResetting] = useState(false);
  const training = phase === "training";
  const started = phase !== "idle";
  const canReset = able && !training && started;

  const playOrPause = (): void => void (training ? pause() : play());
  useShortcuts({
    " ": () => (able || training) && playOrPause(),
    s: () => able && !training && void step(),
    x: () => able && started && void stop(),
    r: () => canReset && setResetting(true),
  });

  return (
    <div className="run-controls">
      <button
        type="button"
        className="primary"
        data-testid={training ? "pause" : "play"}
        aria-keyshortcuts="Space"
        disabled={!able && !training}
        onClick={playOrPause}
      >
        {label}
      </button>
      <button
        type="button"
        data-testid="step"
        aria-keyshortcuts="S"
        disabled={!able || training}
        onClick={() => void step()}
      >
        Step
      </button>
      <button
        type="button"
        data-testid="stop"
        aria-keyshortcuts="X"
        disabled={!able || (phase !== "training" && phase !== "paused")}
        onClick={() => void stop()}
      >
        Stop
      </button>
      <ResetDialog open={resetting} onOpen={setResetting} disabled={!canReset} />
    </div>
  );
}
