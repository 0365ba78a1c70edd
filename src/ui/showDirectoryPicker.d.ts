// The folder picker that TypeScript's DOM library does not know yet; absent in some browsers.
interface Window {
  showDirectoryPicker?: (options?: { mode?: "read" | "readwrite" }) => Promise<FileSystemDirectoryHandle>;
}
