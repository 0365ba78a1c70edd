// What went wrong where the person who called a command can put it right.

/** A reason that ends a command with exit code 2 and one line. */
export class UsageError extends Error {}
