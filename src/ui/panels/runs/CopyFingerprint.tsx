// The short hash of a run; a click copies the line that it begins.
import { EngineError, type RunRecord } from "../../../engine/index.ts";
import { useCopy } from "../../parts/useCopy.ts";
import { useActions } from "../../studioContext.tsx";
import { fingerprintLine } from "../../views/runFingerprint.ts";

interface Props {
  run: RunRecord;
  hash: string;
}

export function CopyFingerprint({ run, hash }: Props) {
  const { readRun, notify } = useActions();
  const { copied, copy } = useCopy("runs");
  const copyLine = async (): Promise<void> => {
    try {
      const line = await fingerprintLine(await readRun(run.id));
      await copy(line, `Copy it from here: ${line}`);
    } catch (error) {
      notify(EngineError.from(error), "runs");
    }
  };
  return (
    <button
      type="button"
      className="link run-hash"
      data-testid="run-hash"
      aria-label={`Copy the fingerprint ${hash} of ${run.name}`}
      title="Hash of model and masks. A click copies it with name and widths."
      onClick={() => void copyLine()}
    >
      <span aria-live="polite">{copied ? "Copied" : hash}</span>
    </button>
  );
}
