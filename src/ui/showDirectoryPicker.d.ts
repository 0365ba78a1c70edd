// Pickers and permissions of folders that TypeScript's DOM library does not know yet; absent in some browsers.
interface Window {
  showDirectoryPicker?: (options?: { mode?: "read" | "readwrite" }) => Promise<FileSystemDirectoryHandle>;
}
interface FileSystemDirectoryHandle {
  requestPermission?: (options: { mode: "read" }) => Promise<PermissionState>;
}
interface DataTransferItem {
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
}
