// Banners below the header: a lost GPU, a run that can be resumed, a run that failed, and notices.
import { whole } from "../../../shared/format.ts";
import { canResume } from "../../../state/allowed.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

function DeviceBanner() {
  const device = useStudio((state) => state.device);
  const { reopenDevice } = useActions();
  if (device.phase === "dead")
    return (
      <ErrorNote error={device.error} testId="worker-dead">
        <button type="button" className="primary" onClick={() => location.reload()}>
          Reload the page
        </button>
      </ErrorNote>
    );
  if (device.phase !== "lost" && device.phase !== "reopening") return null;
  return (
    <ErrorNote error={device.error} testId="device-lost">
      <button
        type="button"
        className="primary"
        data-testid="reopen-device"
        disabled={device.phase === "reopening"}
        onClick={() => void reopenDevice()}
      >
        {device.phase === "reopening" ? "Reopening…" : "Reopen the GPU"}
      </button>
    </ErrorNote>
  );
}

function ResumeBanner() {
  const resumable = useStudio((state) => state.resumable);
  const ready = useStudio((state) => state.device.phase === "ready");
  const able = useStudio(canResume);
  const { resume, reset } = useActions();
  if (!resumable || !ready) return null;
  const { step, recipe } = resumable;
  const finished = step >= recipe.steps;
  return (
    <div className="note" role="status" data-testid="resumable">
      <p>
        {finished
          ? `Your last run (${whole(step)} steps, seed ${recipe.seed}) is saved.`
          : `Your last run stopped at step ${whole(step)} of ${whole(recipe.steps)}.`}
      </p>
      <div className="note-actions">
        <button type="button" className="primary" data-testid="resume" disabled={!able} onClick={() => void resume()}>
          {finished ? "Show it" : "Resume"}
        </button>
        <button type="button" data-testid="discard" disabled={!able} onClick={() => void reset()}>
          Discard
        </button>
      </div>
    </div>
  );
}

export function Banners() {
  const notices = useStudio((state) => state.notices);
  const runError = useStudio((state) => state.runError);
  const { dismiss } = useActions();
  return (
    <div className="banners">
      <DeviceBanner />
      {runError ? <ErrorNote error={runError} testId="run-error" /> : null}
      <ResumeBanner />
      {notices.map(({ id, error }) => (
        <ErrorNote key={id} error={error} testId="notice">
          <button type="button" data-testid="dismiss" onClick={() => dismiss(id)}>
            Dismiss
          </button>
        </ErrorNote>
      ))}
    </div>
  );
}
