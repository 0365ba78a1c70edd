// The sizes of all forms before anything is written, or why a form cannot be. They are read once this is opened.
import { useEffect, useState } from "react";
import type { FormSize } from "../../../engine/index.ts";
import { areSizesReadable } from "../../../state/allowed.ts";
import { sizesAreCurrent } from "../../../state/export/sizesSlice.ts";
import { bytes, sentence } from "../../../shared/format.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { TableHead } from "../../parts/TableHead.tsx";
import { Summary } from "../../parts/Summary.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { formNames } from "./formNames.ts";
import { storedText } from "./storedText.ts";

const COLUMNS = ["format", "size", "block weights in the file"];

const nameOf = ({ form, type, kept }: FormSize): string =>
  `${formNames[form]}${type ? ` ${type}` : ""}${kept ? ", as in the file" : ""}`;

const withoutText = (without: string | undefined): string => (without === undefined ? "" : `without ${without}`);

interface RowProps {
  size: FormSize;
}

function Row({ size }: RowProps) {
  const { bytes: total, gguf, reason, without } = size;
  return (
    <tr data-testid="size-row">
      <th scope="row">{nameOf(size)}</th>
      {total === undefined ? (
        <td colSpan={2}>Not possible: {sentence(reason ?? "unknown")}</td>
      ) : (
        <>
          <td>{bytes(total)}</td>
          <td>{gguf ? storedText(gguf) : withoutText(without)}</td>
        </>
      )}
    </tr>
  );
}

/** Shown once something is pruned. */
export function FormSizes() {
  const sizes = useStudio((state) => state.sizes);
  const current = useStudio(sizesAreCurrent);
  const ready = useStudio(areSizesReadable);
  const { readSizes } = useActions();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (open && ready && !current) void readSizes();
  }, [open, ready, current, readSizes]);
  return (
    <details
      className="disclosure export-sizes"
      data-testid="export-sizes"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <Summary gist="before anything is written">Sizes of all formats</Summary>
      {sizes.phase === "read" ? (
        <div className="wide-table export-table" tabIndex={0} role="group" aria-label="Sizes of all formats">
          <table data-testid="sizes-table" data-current={current}>
            <TableHead names={COLUMNS} />
            <tbody>
              {sizes.last.sizes.map((size) => (
                <Row key={nameOf(size)} size={size} />
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {sizes.phase === "failed" ? <ErrorNote error={sizes.error} context="export" testId="sizes-error" /> : null}
      {current ? null : (
        <p role="status">{ready ? "Reading the sizes…" : "The sizes are read once training is paused or done."}</p>
      )}
    </details>
  );
}
