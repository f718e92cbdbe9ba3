// Scripts that run before the page's and the workers' own: browsers that lack something.
//
// Give one as `prelude` of a visit; it then holds for the page and for every worker started by `worker.js`.

const patchAdapter = (body) => `{
  const gpu = (self.WorkerNavigator ?? self.Navigator).prototype && navigator.gpu;
  if (gpu) {
    const request = gpu.requestAdapter.bind(gpu);
    Object.getPrototypeOf(gpu).requestAdapter = async (options) => {
      const adapter = await request(options);
      if (!adapter) return adapter;
      ${body}
      return adapter;
    };
  }
}`;

const hideFeature = (name) =>
  patchAdapter(`
      const has = adapter.features;
      const kept = new Set([...has].filter((feature) => feature !== ${JSON.stringify(name)}));
      Object.defineProperty(adapter, "features", { value: kept });`);

/** `navigator.gpu` does not exist. */
export const noWebGpu = `
for (const kind of [self.Navigator, self.WorkerNavigator]) {
  if (kind) Object.defineProperty(kind.prototype, "gpu", { get: () => undefined, configurable: true });
}`;

/** There is WebGPU, and no adapter. */
export const noAdapter = `if (navigator.gpu) Object.getPrototypeOf(navigator.gpu).requestAdapter = async () => null;`;

/** There is an adapter, and it refuses a device. */
export const deviceRefused = patchAdapter(`
      adapter.requestDevice = async () => { throw new DOMException("refused by the test", "OperationError"); };`);

/** Subgroups are absent. */
export const noSubgroups = hideFeature("subgroups");

/** 16-bit floats are absent. */
export const noF16 = hideFeature("shader-f16");

/** The adapter offers the limits that the WebGPU standard promises, and not one more. */
export const defaultLimits = patchAdapter(`
      const promised = {
        maxTextureDimension1D: 8192, maxTextureDimension2D: 8192, maxTextureDimension3D: 2048,
        maxTextureArrayLayers: 256, maxBindGroups: 4, maxBindingsPerBindGroup: 1000,
        maxDynamicUniformBuffersPerPipelineLayout: 8, maxDynamicStorageBuffersPerPipelineLayout: 4,
        maxSampledTexturesPerShaderStage: 16, maxSamplersPerShaderStage: 16, maxStorageBuffersPerShaderStage: 8,
        maxStorageTexturesPerShaderStage: 4, maxUniformBuffersPerShaderStage: 12,
        maxUniformBufferBindingSize: 65536, maxStorageBufferBindingSize: 134217728,
        minUniformBufferOffsetAlignment: 256, minStorageBufferOffsetAlignment: 256, maxVertexBuffers: 8,
        maxBufferSize: 268435456, maxVertexAttributes: 16, maxVertexBufferArrayStride: 2048,
        maxInterStageShaderVariables: 16, maxColorAttachments: 8, maxColorAttachmentBytesPerSample: 32,
        maxComputeWorkgroupStorageSize: 16384, maxComputeInvocationsPerWorkgroup: 256,
        maxComputeWorkgroupSizeX: 256, maxComputeWorkgroupSizeY: 256, maxComputeWorkgroupSizeZ: 64,
        maxComputeWorkgroupsPerDimension: 65535,
      };
      const had = adapter.limits;
      const limits = new Proxy(had, { get: (_, name) => promised[name] ?? had[name] });
      Object.defineProperty(adapter, "limits", { value: limits });`);
