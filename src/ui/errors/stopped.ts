// The last line of defence: what the page shows where its own code has failed while drawing, in place of an empty page.

/** Replaces the content of `root` by what happened and what to do. Plain DOM, because React has given up. */
export function showStopped(root: HTMLElement, error: unknown): void {
  const main = document.createElement("main");
  main.className = "not-started";
  main.dataset["testid"] = "stopped";
  main.setAttribute("role", "alert");
  const line = (kind: string, text: string): void => {
    main.appendChild(document.createElement(kind)).textContent = text;
  };
  line("h1", "Espalier has stopped");
  line(
    "p",
    "This is a fault of the program. Reload the page: finished runs and checkpoints are stored in this browser.",
  );
  line("pre", error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  root.replaceChildren(main);
}
