// argmax: writes the index of the largest of x, (count), as u32 to index[0] and as f32 to history[slot]. Of equal values the first counts. One
// workgroup.
// Indices are below 2^24, so they are exact as f32.

const INVOCATIONS = 256u;

struct Dims { count: u32, slot: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> history: array<f32>;

struct Best { value: f32, at: u32 }
var<workgroup> bests: array<Best, INVOCATIONS>;

@compute @workgroup_size(INVOCATIONS)
fn argmax(@builtin(local_invocation_index) local: u32) {
  var best = Best(-3.4e38, 0u);
  for (var i = local; i < dims.count; i += INVOCATIONS) {
    if (x[i] > best.value) { best = Best(x[i], i); }
  }
  bests[local] = best;
  for (var half = INVOCATIONS / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      let other = bests[local + half];
      let mine = bests[local];
      if (other.value > mine.value || (other.value == mine.value && other.at < mine.at)) { bests[local] = other; }
    }
  }
  if (local == 0u) {
    index[0] = bests[0].at;
    history[dims.slot] = f32(bests[0].at);
  }
}
