// A stand-in for a GPU device that only reports the buffers that code would make.

/** The parts of a GPUDevice that the engine uses to allocate, encode and submit. Nothing can be read from it. */
export function countingDevice(onBuffer: (label: string, bytes: number) => void): GPUDevice {
  const nothing = (): void => undefined;
  const object = (): object => ({});
  const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
  const encoder = { beginComputePass: () => pass, copyBufferToBuffer: nothing, finish: object };
  const device = {
    limits: { maxComputeWorkgroupsPerDimension: 65535 },
    lost: new Promise(nothing),
    queue: { writeBuffer: nothing, submit: nothing, onSubmittedWorkDone: () => Promise.resolve() },
    createBuffer: ({ label = "", size }: GPUBufferDescriptor) => {
      onBuffer(label, size);
      return { destroy: nothing };
    },
    createBindGroupLayout: object,
    createBindGroup: object,
    createShaderModule: object,
    createPipelineLayout: object,
    createComputePipeline: object,
    createCommandEncoder: () => encoder,
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    destroy: nothing,
  };
  return device as unknown as GPUDevice;
}
