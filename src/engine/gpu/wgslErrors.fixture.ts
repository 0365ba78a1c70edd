// What the browser's compiler says of WGSL, without a pipeline.
import type { Gpu } from "./device.ts";

/** The errors in a text; none if it is valid on this device. */
export async function wgslErrors({ device }: Gpu, code: string): Promise<string[]> {
  const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
  return messages.filter(({ type }) => type === "error").map(({ message }) => message);
}
