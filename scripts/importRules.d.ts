// Types of importRules.js, which the linter loads as plain JavaScript.
export const ENGINE_FLOORS: readonly string[];
