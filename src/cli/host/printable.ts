// Names of strangers on a terminal.

/** Control characters, and marks that change the direction of writing: they would steer a terminal. */
export const STEERING = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** The text without what steers a terminal. Its lines stay. */
export const printable = (text: string): string => text.replace(STEERING, "\uFFFD");

/** The text in one line. */
export const printableLine = (text: string): string => printable(text).replace(/[\n\t]/g, "\uFFFD");
