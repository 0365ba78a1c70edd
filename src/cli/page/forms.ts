// What the page's commands share about the forms of an export: where they are written, and what of their check Node is told.
import type { ExportedForm, ErrorCode, FloatDtype, Form, ExportTarget } from "../../engine/index.ts";
import { httpTarget } from "./httpTarget.ts";

/** Which forms, where to, and how their weights are written. */
export interface FormsRequest {
  /** Writable addresses, one a form. */
  out: { form: Form; url: string }[];
  dtype?: FloatDtype;
  shardBytes?: number;
}

/** One form in the line of JSON. */
export interface FormAnswer {
  form: Form;
  ok: boolean;
  dtype: FloatDtype;
  bytes: number;
  /** What opened it and compared its logits; null where nothing did. */
  checkedBy: string | null;
  tokens: number;
  /** Null where nothing could be compared. */
  largestDifference: number | null;
  equalArgmax: number | null;
  /** Why it is not written. */
  reason?: string;
  code?: ErrorCode;
}

/** Tokens that a form is compared on. */
export const CHECK_TOKENS = 64;

/** The target of each form. */
export function formTargets({ out }: FormsRequest): Map<Form, ExportTarget> {
  return new Map(out.map(({ form, url }) => [form, httpTarget(form, url)]));
}

/** The choice of dtype and shards, as an export takes it. */
export function choiceOf({ dtype, shardBytes }: FormsRequest): { dtype?: FloatDtype; shardBytes?: number } {
  return { ...(dtype ? { dtype } : {}), ...(shardBytes === undefined ? {} : { shardBytes }) };
}

export function formAnswer(exported: ExportedForm): FormAnswer {
  const { form, ok, dtype, bytes, runtime, version, tokens, largestDifference, equalArgmax, reason, code } = exported;
  const compared = Number.isFinite(largestDifference);
  return {
    ...{ form, ok, dtype, bytes, tokens },
    checkedBy: runtime ? `${runtime} ${version}` : null,
    largestDifference: compared ? largestDifference : null,
    equalArgmax: compared ? equalArgmax : null,
    ...(reason ? { reason } : {}),
    ...(code ? { code } : {}),
  };
}
