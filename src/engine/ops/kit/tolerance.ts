// How near a kernel must be to what is right.

/** For f32 kernels compared with f64 loops, or with each other: largest difference over largest absolute value. */
export const TOLERANCE = 2e-5;
