// The name of a GPU adapter for people and receipts, and whether it computes on the CPU.

/** What WebGPU says about an adapter. */
type AdapterInfo = Readonly<Record<"vendor" | "architecture" | "description", string>>;

/** wgpu gives the number of a vendor that it has no name for. */
const NUMBER = /^\d+$/;

export function adapterName({ vendor, architecture, description }: AdapterInfo): string {
  return (
    [vendor, architecture, description].filter((part) => part && !NUMBER.test(part)).join(" ") || "unknown adapter"
  );
}

/** Whether the adapter of this name computes on the CPU: SwiftShader, lavapipe or WARP. */
export function isSoftwareAdapter(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|basic render/i.test(name);
}
