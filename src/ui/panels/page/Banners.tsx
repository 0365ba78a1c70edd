// What is said across the page: a lost device, a run that can be resumed, a run that stopped, and notices.
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
        {device.phase === "reopening" ? "Opening…" : "Open the device again"}
      </button>
    </ErrorNote>
  );
}

function ResumeBanner() {
  const resumable = useStudio((state) => state.resumable);
  const ready = useStudio((state) => state.device.phase === "ready");
  const idle = useStudio((state) => state.model.phase === "open" && state.asked === null);
  const { resume, discard } = useActions();
  if (!resumable || !ready) return null;
  return (
    <div className="note" role="status" data-testid="resumable">
      <p>
        {resumable.step < resumable.recipe.steps
          ? `A run of this model stopped at step ${resumable.step} of ${resumable.recipe.steps}.`
          : `A finished run of this model is kept: ${resumable.step} steps, seed ${resumable.recipe.seed}.`}
      </p>
      <div className="note-actions">
        <button type="button" className="primary" data-testid="resume" disabled={!idle} onClick={() => void resume()}>
          Resume
        </button>
        <button type="button" data-testid="discard" disabled={!idle} onClick={() => void discard()}>
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
