// The WebGPU devices of this process, so that they can be destroyed before it ends.

const devices = new Set<GPUDevice>();

/** Remembers every device until it is lost. WebGPU's constants are global by now. */
export function keepDevices(): void {
  const { prototype } = GPUAdapter;
  const request = prototype.requestDevice;
  prototype.requestDevice = async function (...given) {
    const device = await request.apply(this, given);
    devices.add(device);
    void device.lost.then(() => devices.delete(device));
    return device;
  };
}

/** Destroys every device, which waits for what it computes: a driver that still computes while its process ends can crash it. */
export function destroyDevices(): void {
  for (const device of devices) device.destroy();
}
