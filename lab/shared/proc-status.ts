/** Bytes of a field in kB, such as `VmRSS`, of `/proc/<pid>/status`, `/proc/meminfo` and their like (proc(5)); 0 where it is not there. */
export function bytesOf(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
}
