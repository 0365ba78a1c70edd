// How the weights of an export are written: their dtype, and how large a file may be.
import type { FloatDtype } from "../../engine/index.ts";
import { useActions, useStudio } from "../studioContext.tsx";

const DTYPES: readonly FloatDtype[] = ["F32", "F16", "BF16"];
const SHARD_SIZES: readonly { bytes: number; name: string }[] = [
  { bytes: 5e8, name: "500 MB" },
  { bytes: 2e9, name: "2 GB" },
  { bytes: 5e9, name: "5 GB" },
];

export function ExportChoices({ disabled }: { disabled: boolean }) {
  const { dtype, shardBytes } = useStudio((state) => state.exportChoice);
  const own = useStudio(({ model }) => (model.phase === "open" ? model.facts.dtype : null));
  const { chooseExport } = useActions();
  return (
    <div className="field-grid export-choices">
      <div className="field">
        <label htmlFor="export-dtype">Weights</label>
        <select
          id="export-dtype"
          data-testid="export-dtype"
          value={dtype ?? ""}
          disabled={disabled}
          aria-describedby="export-dtype-hint"
          onChange={({ target }) => chooseExport({ dtype: DTYPES.find((known) => known === target.value) ?? null })}
        >
          <option value="">{own ? `keep ${own}` : "as they are"}</option>
          {DTYPES.filter((known) => known !== own).map((known) => (
            <option key={known}>{known}</option>
          ))}
        </select>
        <span className="field-hint" id="export-dtype-hint">
          BF16 is not for ONNX
        </span>
      </div>
      <div className="field">
        <label htmlFor="export-shards">Largest file</label>
        <select
          id="export-shards"
          data-testid="export-shards"
          value={shardBytes ?? ""}
          disabled={disabled}
          aria-describedby="export-shards-hint"
          onChange={({ target }) => chooseExport({ shardBytes: target.value === "" ? null : Number(target.value) })}
        >
          {SHARD_SIZES.map(({ bytes, name }) => (
            <option key={bytes} value={bytes}>
              {name}
            </option>
          ))}
          <option value="">any size</option>
        </select>
        <span className="field-hint" id="export-shards-hint">
          of masked and compact
        </span>
      </div>
    </div>
  );
}
