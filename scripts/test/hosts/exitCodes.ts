// What the checks of a host say to the program that started them, beside 0 and 1.

/** The adapter has no matrix unit. */
export const NO_MATRIX_UNIT = 3;
