// A prepared nested model: what each ratio keeps and costs, what the check found, and saving.
import { bytes, whole } from "../../../../shared/format.ts";
import type { PreparedNested } from "../../../../state/export/exportState.ts";
import type { StudioState } from "../../../../state/storeState.ts";
import { useStudio } from "../../../studioContext.tsx";
import { NestedTable } from "./NestedTable.tsx";
import { ExportRefused, SaveButtons, SaveProgress } from "../SaveExport.tsx";
import { staleText } from "../staleText.ts";
import type { Stale } from "../staleText.ts";

/** Why the nested model is not what would be written now; null where it is. */
function staleness({ run, step, choice }: PreparedNested, { architecture, exportChoice }: StudioState): Stale | null {
  if (architecture?.trainedFor === undefined || architecture.run !== run || architecture.step !== step) return "masks";
  return choice.dtype === exportChoice.dtype && choice.shardBytes === exportChoice.shardBytes ? null : "settings";
}

interface AboutProps {
  found: PreparedNested;
}

/** Size, dtype and use of the nested model. */
function About({ found }: AboutProps) {
  const { exported, ratios, step } = found;
  const stale = useStudio((state) => staleness(found, state));
  return (
    <p className="nested-about">
      <span data-testid="export-nested-bytes">
        {bytes(exported.bytes)} in {exported.files.length} files
      </span>
      , {exported.dtype}, masks from step {whole(step)}. Loads in transformers with trust_remote_code;{" "}
      <code>keep={ratios[0]?.ratio}</code> selects a ratio, the default is the largest.
      {stale ? <strong> {staleText(stale)}</strong> : null}
    </p>
  );
}

interface Props {
  found: PreparedNested;
  /** An export is being prepared or saved. */
  busy: boolean;
}

export function NestedResults({ found, busy }: Props) {
  const { exported, ratios } = found;
  return (
    <div data-testid="export-nested" data-ok={exported.ok}>
      {ratios.length > 0 ? <NestedTable found={found} /> : null}
      {exported.ok ? (
        <>
          <About found={found} />
          <SaveButtons form="nested" name="Nested" busy={busy} />
          <SaveProgress nested />
        </>
      ) : (
        <ExportRefused form="nested" reason={exported.reason} />
      )}
    </div>
  );
}
