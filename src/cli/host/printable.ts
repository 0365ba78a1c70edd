// Names of strangers on a terminal.

/** The text in one line, without control characters and marks that change the direction of writing: they would steer a terminal. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "\uFFFD");
