// Zeroes the pruned weights of a matrix, and packs its mask into bits: bit b of bits[i] is keep[WORD_BITS * i + b].
// keep: u32 (length), 1 = kept; w: the packed matrices, of which this one starts at element `first`; bits: (ceil(length / WORD_BITS)).
// by_bits takes the bits instead of writing them: a recovery zeroes gradients with it. One invocation per word of bits. Needs lib/grid.wgsl.

const SIZE = 64u;       // invocations per workgroup
const WORD_BITS = 32u;  // weights per invocation

struct Dims { length: u32, first: u32 }
@group(1) @binding(0) var<uniform> dims: Dims;

@group(0) @binding(0) var<storage, read> keep: array<u32>;
@group(0) @binding(1) var<storage, read_write> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> bits: array<u32>;

@compute @workgroup_size(SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  let start = WORD_BITS * i;
  if (start >= dims.length) { return; }
  var word = 0u;
  for (var b = 0u; b < min(WORD_BITS, dims.length - start); b++) {
    if (keep[start + b] == 0u) { w[dims.first + start + b] = 0.0; }
    else { word |= 1u << b; }
  }
  bits[i] = word;
}

@group(0) @binding(0) var<storage, read> kept: array<u32>;

/// The other way round, with bits that are known: w[i] = 0 where bit i of `kept` is 0. `first` is 0.
@compute @workgroup_size(SIZE)
fn by_bits(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) counts: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = flat_workgroup(group, counts) * SIZE + lane;
  let start = WORD_BITS * i;
  if (start >= dims.length) { return; }
  let word = kept[i];
  for (var b = 0u; b < min(WORD_BITS, dims.length - start); b++) {
    if (((word >> b) & 1u) == 0u) { w[dims.first + start + b] = 0.0; }
  }
}
