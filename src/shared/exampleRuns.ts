// The finished runs that come with the page (scripts/data/exampleRuns.ts writes them). A test compares this with the file.

/** Ids of example runs begin with this. */
const PREFIX = "example-";

export const EXAMPLE_RUNS = {
  /** Relative to the page's address. */
  path: "examples/runs.json",
  sha256: "b3ae44366e66923902edf031fbcdf2a521186d52e470dafcea63cc324c829d1c",
  prefix: PREFIX,
  /** The one that is shown first. */
  first: `${PREFIX}disp-50`,
} as const;

/** Whether a run is one of them, and none of the user's. */
export const isExample = ({ id }: { id: string }): boolean => id.startsWith(PREFIX);
