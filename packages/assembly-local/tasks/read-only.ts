/**
 * Options for Node with which a program and its threads can read every file and write none: the situation of
 * a task whose container has a read-only root file system and no volume.
 */
export const READ_ONLY_FILE_SYSTEM: readonly string[] = [
  '--permission',
  '--allow-fs-read=*',
  '--allow-worker',
  // Node warns that threads could bypass its permissions. They are not a defense against attackers here.
  '--disable-warning=PERM0006',
];
