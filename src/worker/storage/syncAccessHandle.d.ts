// Types that TypeScript's library for pages leaves out: moving files, and writing them in place, which only dedicated workers can do.
interface FileSystemSyncAccessHandle {
  write(buffer: ArrayBufferView, options?: { at?: number }): number;
  truncate(bytes: number): void;
  flush(): void;
  close(): void;
}
interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
  /** Within the origin's private file system; missing in older browsers. */
  move?: (directory: FileSystemDirectoryHandle, name: string) => Promise<void>;
}
