// How the weights of an export are written: dtype, largest file, and whether GGUF is written too.
import { type FloatDtype, GGUF_TYPES } from "../../../engine/index.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

const DTYPES: readonly FloatDtype[] = ["F32", "F16", "BF16"];
const SHARD_SIZES: readonly { bytes: number | null; name: string }[] = [
  { bytes: 5e8, name: "500 MB" },
  { bytes: 2e9, name: "2 GB" },
  { bytes: 5e9, name: "5 GB" },
  { bytes: null, name: "no limit" },
];

interface Props {
  /** An export is being prepared. */
  disabled: boolean;
}

export function ExportChoices({ disabled }: Props) {
  const { dtype, shardBytes, gguf } = useStudio((state) => state.exportChoice);
  const own = useStudio(({ model }) => (model.phase === "open" ? model.facts.dtype : null));
  const stored = useStudio(({ model }) => (model.phase === "open" ? model.facts.fileDtype : null));
  const { chooseExport } = useActions();
  const others = DTYPES.filter((known) => known !== own);
  return (
    <div className="field-grid export-choices">
      <ChoiceField
        id="export-dtype"
        label="Weights"
        value={dtype ?? ""}
        options={[
          { value: "", title: own ? `keep ${own}` : "unchanged" },
          ...others.map((value) => ({ value, title: value })),
        ]}
        disabled={disabled}
        hint="ONNX has no BF16 here"
        onValue={(value) => chooseExport({ dtype: value === "" ? null : value })}
      />
      <ChoiceField
        id="export-shards"
        label="Largest file"
        value={String(shardBytes ?? "")}
        options={SHARD_SIZES.map(({ bytes, name }) => ({ value: String(bytes ?? ""), title: name }))}
        disabled={disabled}
        hint="For masked and compact"
        onValue={(value) => chooseExport({ shardBytes: value === "" ? null : Number(value) })}
      />
      <ChoiceField
        id="export-gguf-type"
        label="GGUF, for llama.cpp"
        value={gguf ?? ""}
        options={[
          { value: "", title: "not written" },
          { value: "own", title: stored ? `keep ${stored}` : "unchanged" },
          ...GGUF_TYPES.map((value) => ({ value, title: value })),
        ]}
        disabled={disabled}
        hint="Checked in llama.cpp itself, which is then loaded (2.2 MB)"
        onValue={(value) => chooseExport({ gguf: value === "" ? null : value })}
      />
    </div>
  );
}
