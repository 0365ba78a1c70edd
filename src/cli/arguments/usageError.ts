// The error for what the caller of a command can correct.

/** Ends a command with exit code 2 and its message as one line. */
export class UsageError extends Error {}
