// The finished runs that come with the page (scripts/data/exampleRuns.ts writes them). A test compares this with the file.

/** Ids of example runs begin with this. */
const PREFIX = "example-";

export const EXAMPLE_RUNS = {
  /** Relative to the page's address. */
  path: "examples/runs.json",
  sha256: "33d45c9f8696a35ac4b85db5a7d89768be879254735065d4f7c8aa21c8c739be",
  prefix: PREFIX,
  /** The one that is shown first. */
  first: `${PREFIX}disp-50`,
} as const;

/** Whether a run is one of them, and none of the user's. */
export const isExample = ({ id }: { id: string }): boolean => id.startsWith(PREFIX);
