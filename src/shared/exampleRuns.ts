// The finished runs that come with the page (scripts/data/exampleRuns.ts writes them). A test compares this with the file.

/** Ids of example runs begin with this. */
const PREFIX = "example-";

export const EXAMPLE_RUNS = {
  /** Relative to the page's address. */
  path: "examples/runs.json",
  sha256: "2b364145e7db295ddfd794ab9900c397ad68f534a3f5a9bd5e8c2578a351f036",
  prefix: PREFIX,
  /** The one that is shown first. */
  first: `${PREFIX}disp-50`,
} as const;

/** Whether a run is one of them, and none of the user's. */
export const isExample = ({ id }: { id: string }): boolean => id.startsWith(PREFIX);
