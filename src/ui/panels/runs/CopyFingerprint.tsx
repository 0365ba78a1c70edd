// The short hash of a run; a click copies the line that it begins.
import type { RunRecord } from "../../../engine/index.ts";
import { CopyButton } from "../../parts/CopyButton.tsx";
import { useActions } from "../../studioContext.tsx";
import { fingerprintLine } from "../../views/runFingerprint.ts";

interface Props {
  run: RunRecord;
  hash: string;
}

export function CopyFingerprint({ run, hash }: Props) {
  const { readRun } = useActions();
  return (
    <CopyButton
      text={async () => fingerprintLine(await readRun(run.id))}
      instead={(line) => `Copy it from here: ${line}`}
      context="runs"
      label={`Copy the fingerprint ${hash} of ${run.name}`}
      title="Hash of model and masks. A click copies it with name and widths."
      testId="run-hash"
      className="link run-hash"
    >
      {hash}
    </CopyButton>
  );
}
