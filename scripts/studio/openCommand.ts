// Which program opens an address in the user's browser, if there is a screen.

interface OpenCommand {
  readonly file: string;
  readonly args: string[];
}

/** Undefined without a screen (no display, a remote shell, CI) and with BROWSER=none. */
export function openCommand(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  address: string,
): OpenCommand | undefined {
  const remote = env["SSH_CONNECTION"] !== undefined || (env["CI"] ?? "") !== "";
  if (remote || env["BROWSER"] === "none") return undefined;
  if (platform === "darwin") return { file: "open", args: [address] };
  // start is built into cmd; its first quoted argument is a window title
  if (platform === "win32") return { file: "cmd", args: ["/c", "start", "", address] };
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? { file: "xdg-open", args: [address] } : undefined;
}
