import type { Problem } from '../backbone/protocol.ts';

/** The server's own sentence about what went wrong, or the status where there is none. */
export async function problemSentence(response: Response): Promise<string> {
  if (response.headers.get('content-type')?.startsWith('application/problem+json')) {
    const problem = (await response.json()) as Problem;
    return `${problem.detail} (${problem.code})`;
  }
  return `The server answered ${response.status} ${response.statusText}`.trim();
}
