// The run: its method, its controls, its progress, its recipe and its texts.
import { useState } from "react";
import { AlertDialog } from "radix-ui";
import { useShortcuts } from "../../shortcuts.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { MethodField } from "./MethodField.tsx";
import { RecipeForm } from "./RecipeForm.tsx";
import { RunProgress } from "./RunProgress.tsx";
import { TextChoice } from "./TextChoice.tsx";
import { WeightsForm } from "./WeightsForm.tsx";

const PLAY_LABEL = { idle: "Train", training: "Pause", paused: "Go on", done: "Train again" } as const;

export function RunPanel() {
  const structural = useStudio((state) => state.method === "disp");
  return (
    <section className="panel" aria-labelledby="run-heading">
      <h2 id="run-heading">Run</h2>
      <MethodField />
      {structural ? <TrainingRun /> : <WeightsForm />}
      <TextChoice />
    </section>
  );
}

/** Trains the hypernetwork: start, pause, single steps, stop and reset. */
function TrainingRun() {
  const phase = useStudio((state) => state.run.phase);
  const asked = useStudio((state) => state.asked);
  const ready = useStudio((state) => state.model.phase === "open" && state.device.phase === "ready");
  const gpuBusy = useStudio(({ exported, compare }) => exported.phase === "preparing" || compare.phase === "writing");
  const { play, pause, step, stop, reset } = useActions();
  const [resetting, setResetting] = useState(false);
  const training = phase === "training";
  const starting = asked === "play" && !training;
  const canPlay = ready && asked === null && !gpuBusy;
  const begun = phase !== "idle";

  const playOrPause = (): void => void (training ? pause() : play());
  const askReset = (): void => {
    if (begun && canPlay && !training) setResetting(true);
  };
  useShortcuts({
    " ": () => (canPlay || training) && playOrPause(),
    s: () => canPlay && !training && void step(),
    x: () => canPlay && begun && void stop(),
    r: askReset,
  });

  return (
    <>
      <div className="run-controls">
        <button
          type="button"
          className="primary"
          data-testid={training ? "pause" : "play"}
          aria-keyshortcuts="Space"
          disabled={!canPlay && !training}
          onClick={playOrPause}
        >
          {starting ? "Starting…" : asked === "pause" ? "Pausing…" : PLAY_LABEL[phase]}
        </button>
        <button
          type="button"
          data-testid="step"
          aria-keyshortcuts="S"
          disabled={!canPlay || training}
          onClick={() => void step()}
        >
          Step
        </button>
        <button
          type="button"
          data-testid="stop"
          aria-keyshortcuts="X"
          disabled={!canPlay || (phase !== "training" && phase !== "paused")}
          onClick={() => void stop()}
        >
          Stop
        </button>
        <AlertDialog.Root open={resetting} onOpenChange={setResetting}>
          <AlertDialog.Trigger asChild>
            <button type="button" data-testid="reset" aria-keyshortcuts="R" disabled={!canPlay || training || !begun}>
              Reset
            </button>
          </AlertDialog.Trigger>
          <AlertDialog.Portal>
            <AlertDialog.Overlay className="dialog-veil" />
            <AlertDialog.Content className="dialog">
              <AlertDialog.Title>Reset the run?</AlertDialog.Title>
              <AlertDialog.Description>
                The trained hypernetwork, its checkpoint, the curves and the map go. The model and the dense perplexity
                stay.
              </AlertDialog.Description>
              <div className="dialog-actions">
                <AlertDialog.Cancel asChild>
                  <button type="button">Keep it</button>
                </AlertDialog.Cancel>
                <AlertDialog.Action asChild>
                  <button type="button" className="primary" data-testid="reset-confirm" onClick={() => void reset()}>
                    Reset
                  </button>
                </AlertDialog.Action>
              </div>
            </AlertDialog.Content>
          </AlertDialog.Portal>
        </AlertDialog.Root>
      </div>
      <RunProgress />
      <RecipeForm />
    </>
  );
}
