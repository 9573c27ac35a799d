import { expect, test } from '@jest/globals';
import { METRICS, METRICS_NAMESPACE } from '../../backbone/contract.ts';
import { createFunctionLogger } from '../../lambda/telemetry.ts';
import { invocationContext } from './support/context.ts';
import { recordTelemetry } from './support/recorded-telemetry.ts';

test('a log line is one JSON object with level, message, fields, function and request', () => {
  const { telemetry, lines } = recordTelemetry('one');
  telemetry.warn('slow', { channel: 'demo' });
  const invocation = { function_name: 'fn', function_request_id: 'r1', function_memory_size: '256', cold_start: false };
  expect(lines).toEqual([expect.objectContaining({ level: 'WARN', message: 'slow', lane: 'one', channel: 'demo', ...invocation })]);
});

test('the lines of each invocation name their own request', () => {
  const lines: object[] = [];
  const openLogger = createFunctionLogger('one', (line) => lines.push(JSON.parse(line)));
  for (const request of ['r1', 'r2']) openLogger(invocationContext(request)).info('done');
  expect(lines).toMatchObject([{ function_request_id: 'r1' }, { function_request_id: 'r2' }]);
});

test('an error is logged by name, message and cause', () => {
  const { telemetry, lines } = recordTelemetry('one');
  telemetry.error('failed', { error: new RangeError('outer', { cause: new TypeError('inner') }) });
  expect(lines[0]).toMatchObject({ error: { name: 'RangeError', message: 'outer', cause: { name: 'TypeError', message: 'inner' } } });
});

test('metrics are one line in the embedded metric format, by stack and lane, zeros too', () => {
  const { telemetry, lines } = recordTelemetry('one');
  telemetry.metrics({ [METRICS.deliveries]: 3, [METRICS.goneConnections]: 0 });
  expect(lines).toEqual([
    {
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: METRICS_NAMESPACE,
            Dimensions: [['stack', 'lane']],
            Metrics: [
              { Name: 'Deliveries', Unit: 'Count' },
              { Name: 'GoneConnections', Unit: 'Count' },
            ],
          },
        ],
      },
      stack: 'test',
      lane: 'one',
      function_name: 'fn',
      function_request_id: 'r1',
      Deliveries: 3,
      GoneConnections: 0,
    },
  ]);
});
