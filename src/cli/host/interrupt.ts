// What happens when a command is interrupted: by Ctrl-C, by a signal, or because npm, which started it, is gone.

/** Exit codes are 128 and the number of the signal. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const PARENT_MS = 500;

const undoes = new Set<() => string | undefined>();

/** Registers what an interrupt undoes at once, which may return a sentence for the terminal. The returned function takes it back. */
export function onInterrupt(undo: () => string | undefined): () => void {
  undoes.add(undo);
  return () => undoes.delete(undo);
}

/** Ends this process on an interrupt, after everything that was registered was undone. Chromium ends with the process. */
export function endOnInterrupt(): void {
  const end = (why: string, code: number): void => {
    const said = [...undoes].reverse().flatMap((undo) => undo() ?? []);
    process.stderr.write(`\n${[`Interrupted (${why}).`, ...said].join(" ")}\n`);
    process.exit(code);
  };
  // a second signal, as the process that started this one passes it on, must not end it while things are undone
  for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => end(signal, code));
  onParentGone(() => end("npm has ended", SIGNALS.SIGHUP));
}

/** Calls `act` once npm, which started this process, is gone: a signal to npm alone ends npm, and would leave the command running unseen. */
export function onParentGone(act: () => void): () => void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, PARENT_MS).unref();
  return () => clearInterval(watch);
}
