// Why an export that was prepared is not what would be written now.

export type Stale = "masks" | "settings";

/** What has changed since an export was prepared, and what to do. */
export function staleText(stale: Stale): string {
  return `The ${stale} have changed. Prepare again.`;
}
