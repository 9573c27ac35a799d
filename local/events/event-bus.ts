import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Resource } from '../assembly/resolve.ts';
import { ACCOUNT } from '../assembly/resource-types.ts';
import { declared } from '../declared.ts';
import type { Functions } from '../functions/functions.ts';
import type { ServiceCaller } from '../iam/policy.ts';
import type { Log } from '../log.ts';
import type { Queues } from '../queues/queues.ts';
import { compilePattern, type EventMatcher } from './pattern.ts';
import { parseRate } from './rate.ts';

const ruleProperties = v.object({
  State: v.optional(v.string(), 'ENABLED'),
  EventBusName: v.optional(v.literal('default', 'only the default event bus is supported locally')),
  EventPattern: v.optional(v.record(v.string(), v.unknown())),
  ScheduleExpression: v.optional(v.string()),
  Targets: v.optional(
    v.array(
      v.object({
        Arn: v.string(),
        Input: v.optional(v.string()),
        DeadLetterConfig: v.optional(v.object({ Arn: v.string() })),
        InputPath: v.optional(v.never('InputPath is not supported locally')),
        InputTransformer: v.optional(v.never('InputTransformer is not supported locally')),
      }),
    ),
    [],
  ),
});

/** An event as rules match it and targets get it. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

interface Rule {
  readonly matches: EventMatcher;
  deliver(event: BusEvent): void;
}

export interface EventBusOptions {
  readonly resources: readonly Resource[];
  readonly region: string;
  readonly functions: Functions;
  readonly queues: Queues;
  readonly log: Log;
}

/** The default event bus with the rules and schedules of the templates. Targets are functions and queues. */
export class EventBus {
  readonly #region: string;
  readonly #rules: Rule[] = [];
  readonly #schedules: { readonly everyMs: number; fire(): void }[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #closed = false;

  constructor(options: EventBusOptions) {
    this.#region = options.region;
    for (const { resource, properties } of declared(options.resources, 'AWS::Events::Rule', ruleProperties)) {
      if (properties.State !== 'ENABLED') continue;
      const targets = properties.Targets.map((target) => toTarget(resource, target, options));
      const deliver = (event: BusEvent) => {
        for (const target of targets) target(event);
      };
      if (properties.EventPattern !== undefined) this.#rules.push({ matches: compilePattern(properties.EventPattern), deliver });
      if (properties.ScheduleExpression !== undefined) {
        const fire = () => deliver(this.#event('aws.events', 'Scheduled Event', {}, [resource.attributes['Arn'] ?? resource.ref]));
        this.#schedules.push({ everyMs: parseRate(properties.ScheduleExpression), fire });
      }
    }
  }

  /** Starts the schedules. */
  start(): void {
    for (const { everyMs, fire } of this.#schedules) this.#timers.push(setInterval(fire, everyMs));
  }

  /** Does at once what the schedules do in their time. */
  fireSchedules(): void {
    for (const { fire } of this.#schedules) fire();
  }

  /** Hands an event to every rule that it matches, and answers its id. */
  put(source: string, detailType: string, detail: unknown, resources: readonly string[] = []): string {
    const event = this.#event(source, detailType, detail, resources);
    for (const rule of this.#closed ? [] : this.#rules) if (rule.matches(event)) rule.deliver(event);
    return event.id;
  }

  /** Ends the schedules. Events are taken, but nothing is told of them any more. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  #event(source: string, detailType: string, detail: unknown, resources: readonly string[]): BusEvent {
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': detailType,
      source,
      account: ACCOUNT,
      time: `${new Date().toISOString().slice(0, 19)}Z`,
      region: this.#region,
      resources,
      detail,
    };
  }
}

type TargetProperties = v.InferOutput<typeof ruleProperties>['Targets'][number];

/** Where a rule sends events, as long as the policy of the target lets it. */
function toTarget(
  rule: Resource,
  { Arn, Input, DeadLetterConfig }: TargetProperties,
  { functions, queues, log }: EventBusOptions,
): (event: BusEvent) => void {
  const caller: ServiceCaller = { service: 'events.amazonaws.com', sourceArn: rule.attributes['Arn'] ?? rule.ref };
  const send = findTarget(rule, Arn, { functions, queues });
  return (event) => {
    const payload = Input ?? JSON.stringify(event);
    if (send(payload, caller)) return;
    log.notice(
      'iam',
      `AccessDenied: EventBridge may not send to ${Arn} for ${caller.sourceArn}: the policy of the target does not allow it`,
    );
    const deadLetters = queues.byArn(DeadLetterConfig?.Arn ?? '');
    if (deadLetters?.lets(caller) !== true) return;
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    deadLetters.send(payload, {
      attributes: { RULE_ARN: text(caller.sourceArn), TARGET_ARN: text(Arn), ERROR_CODE: text('NO_PERMISSIONS') },
    });
  };
}

/** Sends to a target, or answers false when its policy does not let the caller. */
type Send = (payload: string, caller: ServiceCaller) => boolean;

function findTarget(rule: Resource, arn: string, { functions, queues }: Pick<EventBusOptions, 'functions' | 'queues'>): Send {
  if (arn.includes(':lambda:')) {
    const fn = functions.find(arn);
    return (payload, caller) => {
      const allowed = fn.lets(caller);
      if (allowed) functions.invokeAsync(fn, payload);
      return allowed;
    };
  }
  const queue = queues.byArn(arn);
  if (queue === undefined)
    throw new UnsupportedTemplateError(`rule ${rule.logicalId}: the target ${arn} is neither a function nor a queue of this assembly`);
  return (payload, caller) => {
    const allowed = queue.lets(caller);
    if (allowed) queue.send(payload);
    return allowed;
  };
}
