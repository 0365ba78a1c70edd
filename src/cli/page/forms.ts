// Forms of an export, for all commands of the page: where they are written, and what is reported to Node about their checks.
import type { CheckpointFolder } from "./checkpoints.ts";
import { EngineError, isWeightForm, WEIGHT_FORMS, type WeightForm } from "../../engine/index.ts";
import type {
  ExportedForm,
  ErrorCode,
  FloatDtype,
  Form,
  ExportTarget,
  GgufRecord,
  GgufType,
  LlamaCheck,
  WeightType,
} from "../../engine/index.ts";
import { httpTarget } from "./httpTarget.ts";

/** Which forms are written, where, and how their weights are stored. */
export interface FormsRequest {
  /** Writable addresses, one per form. */
  out: { form: Form; url: string }[];
  dtype?: FloatDtype;
  ggufType?: GgufType;
  shardBytes?: number;
  /** Where training writes checkpoints; missing where it writes none. */
  checkpoints?: CheckpointFolder;
}

/** One form in the line of JSON. */
export interface FormAnswer {
  form: Form;
  ok: boolean;
  dtype: WeightType;
  bytes: number;
  /** Perplexity of what a quantised file stores. */
  perplexity?: number;
  gguf?: GgufRecord;
  /** A GGUF file in llama.cpp. */
  llama?: LlamaCheck;
  /** The runtime that opened it and compared its logits; null where none did. */
  checkedBy: string | null;
  tokens: number;
  /** Null where nothing could be compared. */
  largestDifference: number | null;
  equalArgmax: number | null;
  /** Why it was not written. */
  reason?: string;
  code?: ErrorCode;
}

/** Number of tokens on which a form is compared. */
export const CHECK_TOKENS = 64;

/** The target of each form. */
export function formTargets({ out }: FormsRequest): Map<Form, ExportTarget> {
  return new Map(out.map(({ form, url }) => [form, httpTarget(form, url)]));
}

/** The targets of pruned single weights. Throws "config" for a form that they do not have. */
export function weightTargets(request: FormsRequest): Map<WeightForm, ExportTarget> {
  const targets = new Map<WeightForm, ExportTarget>();
  for (const [form, target] of formTargets(request)) {
    if (!isWeightForm(form))
      throw new EngineError(
        "config",
        `pruned single weights are exported as ${WEIGHT_FORMS.join(" or ")}, not as ${form}`,
      );
    targets.set(form, target);
  }
  return targets;
}

/** The choice of dtype and shards, as an export takes it. */
export function choiceOf({ dtype, ggufType, shardBytes }: FormsRequest): Omit<FormsRequest, "out"> {
  return {
    ...(dtype ? { dtype } : {}),
    ...(ggufType ? { ggufType } : {}),
    ...(shardBytes === undefined ? {} : { shardBytes }),
  };
}

export function formAnswer(exported: ExportedForm): FormAnswer {
  const { form, ok, dtype, bytes, runtime, version, tokens, largestDifference, equalArgmax, reason, code } = exported;
  const { perplexity, gguf, llama } = exported;
  const compared = Number.isFinite(largestDifference);
  return {
    ...{ form, ok, dtype, bytes, tokens },
    ...(perplexity === undefined ? {} : { perplexity }),
    ...(gguf ? { gguf } : {}),
    ...(llama ? { llama } : {}),
    checkedBy: runtime ? `${runtime} ${version}` : null,
    largestDifference: compared ? largestDifference : null,
    equalArgmax: compared ? equalArgmax : null,
    ...(reason ? { reason } : {}),
    ...(code ? { code } : {}),
  };
}
