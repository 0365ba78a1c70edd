// Devices that the GPU tests of all files share. Their files run one after another in one page, and a device keeps what it has compiled, which
// takes a software adapter longer than most tests.
import { Gpu, type GpuOptions } from "./device.ts";

const opened = new Map<string, Promise<Gpu>>();

/** As `Gpu.open`; `destroy` destroys the buffers that were made on it, and the device stays for the next file. */
export async function openSharedGpu(options: GpuOptions = {}): Promise<Gpu> {
  const key = JSON.stringify(options);
  const gpu = opened.get(key) ?? Gpu.open(options).then(shared);
  opened.set(key, gpu);
  return gpu;
}

function shared(gpu: Gpu): Gpu {
  const buffers = new Set<GPUBuffer>();
  const create = gpu.device.createBuffer.bind(gpu.device);
  gpu.device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    buffers.add(buffer);
    return buffer;
  };
  gpu.destroy = () => {
    for (const buffer of buffers) buffer.destroy();
    buffers.clear();
  };
  return gpu;
}
