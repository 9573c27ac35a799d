import * as v from 'valibot';
import { type Operations, operation } from '../endpoint/operation.ts';
import type { EventBus } from './event-bus.ts';

const entry = v.strictObject({
  Source: v.optional(v.string()),
  DetailType: v.optional(v.string()),
  Detail: v.optional(v.string()),
  Resources: v.optional(v.array(v.string())),
  EventBusName: v.optional(v.union([v.literal('default'), v.pipe(v.string(), v.endsWith(':event-bus/default'))])),
  Time: v.optional(v.number()),
});

/** The operations of EventBridge, JSON protocol. */
export function eventOperations(bus: EventBus): Operations {
  return {
    PutEvents: operation(v.strictObject({ Entries: v.pipe(v.array(entry), v.minLength(1), v.maxLength(10)) }), ({ Entries }) => {
      const results = Entries.map((item) => put(bus, item));
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
    }),
  };
}

function put(bus: EventBus, { Source, DetailType, Detail, Resources }: v.InferOutput<typeof entry>): object {
  const missing = Source === undefined ? 'Source' : DetailType === undefined ? 'DetailType' : Detail === undefined ? 'Detail' : undefined;
  if (Source === undefined || DetailType === undefined || Detail === undefined) {
    return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.` };
  }
  const detail = v.safeParse(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())), Detail);
  if (!detail.success) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  return { EventId: bus.put(Source, DetailType, detail.output, Resources) };
}
