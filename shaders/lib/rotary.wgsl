// RoPE of the columns c and c + half of a head, four of each at a time. Kernels work on `slots` instead of vec4s of a head, so that the two
// vec4s that belong together are neighbours: slots 2 c and 2 c + 1 are vec4s c and c + half, for c below half; later slots are vec4s that are
// not rotated. half counts vec4s; 0: nothing is rotated. A table (positions, half, 2) of cosines and sines has slots 2 c and 2 c + 1 of
// position p at vec4s 2 half p + 2 c and the next.

struct Pair { first: vec4f, second: vec4f }

/// The vec4 of a slot.
fn vec4_of_slot(slot: u32, half: u32) -> u32 { return select(slot, slot / 2u + slot % 2u * half, slot < 2u * half); }

/// A pair turned by its angles; direction -1 turns back. low, high: its two vec4s of the table.
fn turned(pair: Pair, low: vec4f, high: vec4f, direction: f32) -> Pair {
  let cosine = vec4f(low.xz, high.xz);
  let sine = direction * vec4f(low.yw, high.yw);
  return Pair(pair.first * cosine - pair.second * sine, pair.second * cosine + pair.first * sine);
}
