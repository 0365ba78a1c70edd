// Ops of the registry whose speed says nothing.

/** Why each has no rate. */
export const UNTIMED: Readonly<Record<string, string>> = {
  metrics: "writes four numbers",
  spreadGates: "its tables take longer to make",
};
