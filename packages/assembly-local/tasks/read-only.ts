/**
 * Options for Node with which a program may read every file and write none, in threads of its own either: what a task meets
 * whose container has a read-only root file system and no volume.
 */
export const READ_ONLY_FILE_SYSTEM: readonly string[] = [
  '--permission',
  '--allow-fs-read=*',
  '--allow-worker',
  // Node warns that threads could get around its permissions. They are not here to keep an attacker in.
  '--disable-warning=PERM0006',
];
