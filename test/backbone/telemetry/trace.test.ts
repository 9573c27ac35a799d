import { expect, test } from '@jest/globals';
import { TRACE_ONE_IN } from '../../../backbone/contract.ts';
import { createLogger } from '../../../backbone/telemetry/logger.ts';
import { latencyOf, traceEvent } from '../../../backbone/telemetry/trace.ts';

const event = { channel: 'demo', epoch: 'k3f9', seq: 1, type: 'message', data: 'marker-data', publishedAtMs: 1_000 };

function linesOf(seq: number): readonly string[] {
  const lines: string[] = [];
  const logger = createLogger('one', (line) => lines.push(line));
  traceEvent(logger, 'received', { ...event, seq }, 1_040);
  return lines;
}

test('the line names hop, channel and id, but not the data', () => {
  const [line = ''] = linesOf(1);
  expect(JSON.parse(line)).toMatchObject({ lane: 'one', hop: 'received', channel: 'demo', id: 'k3f9.1', latencyMs: 40 });
  expect(line).not.toContain(event.data);
});

test('the first event of a channel is traced, and every hundredth after it', () => {
  const followed = Array.from({ length: 2 * TRACE_ONE_IN + 1 }, (_, index) => index + 1).filter((seq) => linesOf(seq).length > 0);
  expect(followed).toEqual([1, TRACE_ONE_IN + 1, 2 * TRACE_ONE_IN + 1]);
});

test('no latency is below 0 if the clock of the publisher is ahead', () => {
  expect(latencyOf(event, 900)).toBe(0);
});
