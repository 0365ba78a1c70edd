// Counts the GPU buffers of a worker or page. The function is sent there, so it uses nothing from outside.

export interface CountedBuffers {
  /** Of buffers that are not destroyed. */
  bytes: number;
  buffers: number;
  /** The most that `bytes` has been. */
  most: number;
}

/** Counts from now on, in `globalThis.counted`; call it before the device is opened. */
export function countBuffers(): void {
  const counted = { bytes: 0, buffers: 0, most: 0 };
  const alive = new Map<GPUBuffer, number>();
  const [create, destroy] = [GPUDevice.prototype.createBuffer, GPUBuffer.prototype.destroy];
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = create.call(this, descriptor);
    alive.set(buffer, descriptor.size);
    counted.bytes += descriptor.size;
    counted.buffers += 1;
    counted.most = Math.max(counted.most, counted.bytes);
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    counted.bytes -= alive.get(this) ?? 0;
    counted.buffers -= alive.delete(this) ? 1 : 0;
    return destroy.call(this);
  };
  Object.assign(globalThis, { counted });
}
