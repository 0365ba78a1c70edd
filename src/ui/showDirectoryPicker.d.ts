// Folder pickers and permissions that TypeScript's DOM library does not declare yet; some browsers lack them.
interface Window {
  showDirectoryPicker?: (options?: { mode?: "read" | "readwrite" }) => Promise<FileSystemDirectoryHandle>;
}
interface FileSystemDirectoryHandle {
  requestPermission?: (options: { mode: "read" }) => Promise<PermissionState>;
}
interface DataTransferItem {
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
}
