import { BuildError } from '../../shared/peers/c-program.ts';
import { createNodeClient } from './node-client.ts';
import { createSseload } from './sseload.ts';
import type { LoadClient } from './workload.ts';

/** The fastest client that this machine can have: in C where there is a compiler. */
export async function createLoadClient(): Promise<LoadClient> {
  try {
    return await createSseload();
  } catch (error) {
    if (error instanceof BuildError) return createNodeClient(error.message);
    throw error;
  }
}
