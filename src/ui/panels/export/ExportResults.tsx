// What the export of a pruned model is or would be: the checked forms, their sizes, several ratios as one model, and speed.
import { canPrepareNested, canSave } from "../../../state/allowed.ts";
import { useStudio } from "../../studioContext.tsx";
import { ExportRow } from "./ExportRow.tsx";
import { FormSizes } from "./FormSizes.tsx";
import { NestedPanel } from "./nested/NestedPanel.tsx";
import { SpeedPanel } from "./SpeedPanel.tsx";

export function ExportResults({ trained }: { trained: boolean }) {
  const { last } = useStudio((state) => state.exported);
  const nestedReady = useStudio(canPrepareNested);
  const busy = !useStudio(canSave);
  return (
    <>
      {last ? (
        <ul className="export-forms">
          {last.checks.map((check) => (
            <ExportRow key={check.form} check={check} busy={busy} />
          ))}
        </ul>
      ) : null}
      {trained ? <FormSizes /> : null}
      <NestedPanel ready={nestedReady} busy={busy} />
      {last ? <SpeedPanel /> : null}
    </>
  );
}
