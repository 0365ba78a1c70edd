// Banners below the header. What needs attention stays at the top of the window while the page scrolls: a lost GPU, a model that opens or fails to, a failed run, notices.
import { Play, RotateCw, Trash, X } from "lucide";
import { whole } from "../../../shared/format.ts";
import { canResume } from "../../../state/allowed.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { OpeningProgress } from "../model/OpeningProgress.tsx";
import { isWorking } from "../../longRuns.ts";
import { useActions, useStudio } from "../../studioContext.tsx";

function DeviceBanner() {
  const device = useStudio((state) => state.device);
  const { reopenDevice } = useActions();
  if (device.phase === "dead")
    return (
      <ErrorNote error={device.error} context="page" testId="worker-dead">
        <button type="button" className="primary" onClick={() => location.reload()}>
          <Icon of={RotateCw} />
          Reload the page
        </button>
      </ErrorNote>
    );
  if (device.phase !== "lost" && device.phase !== "reopening") return null;
  return (
    <ErrorNote error={device.error} context="page" testId="device-lost">
      {device.error.detail["reload"] === true ? (
        <button type="button" className="primary" data-testid="reload-page" onClick={() => location.reload()}>
          <Icon of={RotateCw} />
          Reload the page
        </button>
      ) : null}
      <button
        type="button"
        className={device.error.detail["reload"] === true ? "" : "primary"}
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
  const { step, recipe, note } = resumable;
  const finished = step >= recipe.steps;
  return (
    <div className="note" role="status" data-testid="resumable">
      <p>
        {finished
          ? `Your last run (${whole(step)} steps, seed ${recipe.seed}) is saved.`
          : `Your last run stopped at step ${whole(step)} of ${whole(recipe.steps)}.`}
      </p>
      {note === undefined || finished ? null : <p data-testid="resume-note">{note}</p>}
      <div className="note-actions">
        <button type="button" className="primary" data-testid="resume" disabled={!able} onClick={() => void resume()}>
          {finished ? null : <Icon of={Play} />}
          {finished ? "Show it" : "Resume"}
        </button>
        <button type="button" data-testid="discard" disabled={!able} onClick={() => void reset()}>
          <Icon of={Trash} />
          Discard
        </button>
      </div>
    </div>
  );
}

/** Runs of the open model that other tabs own: this tab can neither resume nor discard them. */
function ElsewhereNote() {
  const runs = useStudio((state) => state.runsElsewhere);
  if (runs.length === 0) return null;
  return (
    <div className="note" role="status" data-testid="runs-elsewhere">
      {runs.map(({ step, steps, seed }, at) => (
        <p key={at}>
          {`A run of this model (seed ${seed}) is open in another tab, at step ${whole(step)} of ${whole(steps)} when it was last saved. It stays with that tab; a run that you start here is saved apart from it.`}
        </p>
      ))}
    </div>
  );
}

/** A model that is being opened, or that could not be. While the library is open, it shows both itself. */
function OpeningBanner() {
  const shown = useStudio((state) => state.libraryShown);
  const opening = useStudio((state) => state.model.phase === "opening");
  const error = useStudio((state) => state.openError);
  const { dismissOpenError } = useActions();
  if (shown) return null;
  return (
    <>
      {opening ? (
        <div className="opening-banner">
          <OpeningProgress />
        </div>
      ) : null}
      {error ? (
        <ErrorNote error={error} context="model" testId="open-error">
          <button type="button" data-testid="open-error-dismiss" onClick={dismissOpenError}>
            <Icon of={X} />
            Dismiss
          </button>
        </ErrorNote>
      ) : null}
    </>
  );
}

/** What has just succeeded. Screen readers announce only changes of an element that is there before. */
function StatusLine() {
  const status = useStudio((state) => state.status);
  return (
    <p className="status-line" role="status" data-testid="status">
      {status}
    </p>
  );
}

/** Another version of the page is at the server. This one stays until the page is loaded again. */
function NewVersionNote() {
  const newVersion = useStudio((state) => state.newVersion);
  const working = useStudio(isWorking);
  if (!newVersion) return null;
  return (
    <div className="note" role="status" data-testid="new-version">
      <p>
        {working
          ? "A new version of Espalier is available. Reload the page when this work has ended."
          : "A new version of Espalier is available. Reload the page to use it."}
      </p>
      <div className="note-actions">
        <button type="button" disabled={working} onClick={() => location.reload()}>
          <Icon of={RotateCw} />
          Reload the page
        </button>
      </div>
    </div>
  );
}

export function Banners() {
  const notices = useStudio((state) => state.notices);
  const runError = useStudio((state) => state.runError);
  const { dismiss, dismissRunError } = useActions();
  return (
    <>
      <StatusLine />
      <div className="banners banners-urgent" data-testid="banners">
        <DeviceBanner />
        <OpeningBanner />
        {runError ? (
          <ErrorNote error={runError} context="training" testId="run-error">
            <button type="button" data-testid="run-error-dismiss" onClick={dismissRunError}>
              <Icon of={X} />
              Dismiss
            </button>
          </ErrorNote>
        ) : null}
        {notices.map(({ id, error, context }) => (
          <ErrorNote key={id} error={error} context={context} testId="notice">
            <button type="button" data-testid="dismiss" onClick={() => dismiss(id)}>
              <Icon of={X} />
              Dismiss
            </button>
          </ErrorNote>
        ))}
      </div>
      <div className="banners">
        <ResumeBanner />
        <ElsewhereNote />
        <NewVersionNote />
      </div>
    </>
  );
}
