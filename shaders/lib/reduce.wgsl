// Sum and maximum over the 64 invocations of a workgroup; every invocation gets the result.

var<workgroup> reduce_scratch: array<f32, 64>;

fn workgroup_sum(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  reduce_scratch[lane] = value;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { reduce_scratch[lane] += reduce_scratch[lane + half]; }
  }
  return workgroupUniformLoad(&reduce_scratch[0]);
}

fn workgroup_max(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  reduce_scratch[lane] = value;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { reduce_scratch[lane] = max(reduce_scratch[lane], reduce_scratch[lane + half]); }
  }
  return workgroupUniformLoad(&reduce_scratch[0]);
}
