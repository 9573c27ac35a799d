declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Times in milliseconds. */
  export default function dynalite(options: { createTableMs?: number; deleteTableMs?: number; updateTableMs?: number }): Server;
}
