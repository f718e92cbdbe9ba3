// Doubles four numbers in a compute shader.
const tell = (text) => postMessage(text);
try {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!navigator.gpu) tell("no WebGPU");
  else if (!adapter) tell("no adapter");
  else {
    const device = await adapter.requestDevice();
    const buffer = (usage) => device.createBuffer({ size: 16, usage });
    const data = buffer(GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST);
    const back = buffer(GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    device.queue.writeBuffer(data, 0, new Float32Array([1, 2, 3, 4]));
    const pipeline = device.createComputePipeline({
      layout: "auto",
      compute: {
        module: device.createShaderModule({
          code: `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
                 @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) i: vec3u) { x[i.x] *= 2.0; }`,
        }),
      },
    });
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: data } }],
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(data, 0, back, 0, 16);
    device.queue.submit([encoder.finish()]);
    await back.mapAsync(GPUMapMode.READ);
    tell(`doubled: ${[...new Float32Array(back.getMappedRange())].join(" ")}`);
  }
} catch (error) {
  tell(`failed: ${error.message}`);
}
