import type { ServerResponse } from 'node:http';
import type { TaskBudget } from '../budget/task-budget.ts';
import type { Turn } from './poll-page.ts';

/** Shared: capturing a stack for each would cost as much as a poll that is answered from memory. */
const LEFT = new Error('the client has left');

/** Aborts when the client has left, or has its response. */
export function leftSignal(response: ServerResponse): AbortSignal {
  const left = new AbortController();
  response.on('close', () => left.abort(LEFT));
  return left.signal;
}

/** Encodes parts of a response when it is the principal's turn, until its client has left. */
export function encodingTurn({ turns }: TaskBudget, principal: string, left: AbortSignal): Turn {
  return (work) =>
    turns.forPage(principal, () => {
      left.throwIfAborted();
      return work();
    });
}
