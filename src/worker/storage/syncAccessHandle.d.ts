// Files written in place: TypeScript's library for pages leaves out what only dedicated workers have.
interface FileSystemSyncAccessHandle {
  write(buffer: ArrayBufferView, options?: { at?: number }): number;
  truncate(bytes: number): void;
  flush(): void;
  close(): void;
}
interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
