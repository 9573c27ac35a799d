/** The SSE service over ports in memory, that tells how much memory is in use whenever it is asked. Needs `--expose-gc`. */
process.on('message', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.((heapUsed + external) / 1024 / 1024);
});
await import('../../sse/peers/servers/lanes.ts');
