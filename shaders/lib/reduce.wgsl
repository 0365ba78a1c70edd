// Sum over a workgroup of REDUCE_SIZE invocations; every invocation gets the result.

const REDUCE_SIZE = 64u;

var<workgroup> reduce_scratch: array<f32, REDUCE_SIZE>;

fn workgroup_sum(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  reduce_scratch[lane] = value;
  for (var half = REDUCE_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { reduce_scratch[lane] += reduce_scratch[lane + half]; }
  }
  return workgroupUniformLoad(&reduce_scratch[0]);
}
