// The finished runs that come with the page (scripts/data/exampleRuns.ts writes them). A test compares this with the file.

/** Ids of example runs begin with this. */
const PREFIX = "example-";

export const EXAMPLE_RUNS = {
  /** Relative to the page's address. */
  path: "examples/runs.json",
  sha256: "f2f107659e8b0523f0d6c0b463b38b1f22fd0b2b98f4cd1bdbddb7b8f3594017",
  prefix: PREFIX,
  /** The one that is shown first. */
  first: `${PREFIX}disp-50`,
} as const;

/** Whether a run is one of them, and none of the user's. */
export const isExample = ({ id }: { id: string }): boolean => id.startsWith(PREFIX);
