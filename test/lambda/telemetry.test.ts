import { expect, test } from '@jest/globals';
import { METRICS, METRICS_NAMESPACE } from '../../backbone/contract.ts';
import { recordTelemetry } from './support/recorded-telemetry.ts';

test('a log line is one JSON object with level, message, fields, function and request', () => {
  const { telemetry, lines } = recordTelemetry();
  telemetry.warn('slow', { channel: 'demo' });
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', message: 'slow', channel: 'demo', function: 'fn', requestId: 'r1' })]);
});

test('an error is logged by name, message and cause', () => {
  const { telemetry, lines } = recordTelemetry();
  telemetry.error('failed', { error: new RangeError('outer', { cause: new TypeError('inner') }) });
  expect(lines[0]).toMatchObject({ error: { name: 'RangeError', message: 'outer', cause: { name: 'TypeError', message: 'inner' } } });
});

test('metrics are one line in the embedded metric format, by stack and lane, zeros too', () => {
  const { telemetry, lines } = recordTelemetry();
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
      lane: 'websocket',
      function: 'fn',
      requestId: 'r1',
      Deliveries: 3,
      GoneConnections: 0,
    },
  ]);
});
