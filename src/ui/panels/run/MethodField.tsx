// The choice of method: DISP-LLM, which removes dimensions, or one-shot pruning of single MLP weights.
import { METHOD_NAMES, WEIGHT_METHODS } from "../../../engine/index.ts";
import { canChooseMethod } from "../../../state/allowed.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

const METHODS = ["disp", ...WEIGHT_METHODS] as const;
type Method = (typeof METHODS)[number];

const HINTS: Readonly<Record<Method, string>> = {
  disp: "Removes whole dimensions. Takes training; makes the model smaller and faster",
  dass: "Zeroes single MLP weights by |weight| × norm of the intermediate activations",
  wanda: "Zeroes single MLP weights by |weight| × input norm",
  magnitude: "Zeroes the smallest MLP weights",
  sparsegpt: "Zeroes single MLP weights and updates the others to compensate",
};

const titleOf = (method: Method): string =>
  method === "disp" ? "DISP-LLM (structural)" : `${METHOD_NAMES[method]} (single weights)`;

export function MethodField() {
  const method = useStudio((state) => state.method);
  const able = useStudio(canChooseMethod);
  const { chooseMethod } = useActions();
  return (
    <ChoiceField
      id="method"
      label="Method"
      className="method"
      value={method}
      options={METHODS.map((value) => ({ value, title: titleOf(value) }))}
      disabled={!able}
      hint={HINTS[method]}
      onValue={chooseMethod}
    />
  );
}
