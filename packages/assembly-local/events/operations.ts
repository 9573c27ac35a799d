import * as v from 'valibot';
import { type Operations, operation } from '../endpoint/operation.ts';
import type { EventBuses } from './event-buses.ts';

const entry = v.strictObject({
  Source: v.optional(v.string()),
  DetailType: v.optional(v.string()),
  Detail: v.optional(v.string()),
  Resources: v.optional(v.array(v.string())),
  EventBusName: v.optional(v.pipe(v.string(), v.nonEmpty())),
  Time: v.optional(v.number()),
});

/** The operations of EventBridge, JSON protocol. */
export function eventOperations(buses: EventBuses): Operations {
  return {
    PutEvents: operation(v.strictObject({ Entries: v.pipe(v.array(entry), v.minLength(1), v.maxLength(10)) }), ({ Entries }) => {
      const results = Entries.map((item) => put(buses, item));
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
    }),
  };
}

function put(buses: EventBuses, { Source, DetailType, Detail, Resources, EventBusName }: v.InferOutput<typeof entry>): object {
  const missing = Source === undefined ? 'Source' : DetailType === undefined ? 'DetailType' : Detail === undefined ? 'Detail' : undefined;
  if (Source === undefined || DetailType === undefined || Detail === undefined) {
    return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.` };
  }
  const detail = v.safeParse(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())), Detail);
  if (!detail.success) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  const event = { source: Source, detailType: DetailType, detail: detail.output, resources: Resources, bus: EventBusName };
  return { EventId: buses.put(event) };
}
