// Types for writing files in place, which only dedicated workers can do and TypeScript's library for pages leaves out.
interface FileSystemSyncAccessHandle {
  write(buffer: ArrayBufferView, options?: { at?: number }): number;
  truncate(bytes: number): void;
  flush(): void;
  close(): void;
}
interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
