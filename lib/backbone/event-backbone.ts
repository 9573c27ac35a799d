import { Duration } from 'aws-cdk-lib';
import type { Grant } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Configurable, LaneFunction } from '../lane-function.ts';
import type { BackboneSettings, StageBase } from '../stage-base.ts';
import { Consumer, type ConsumerOptions } from './consumer.ts';
import { EventLog } from './event-log.ts';
import { EventTopic } from './event-topic.ts';
import { PresenceTable } from './presence-table.ts';
import { PublishFunction } from './publish-function.ts';

export interface EventBackboneProps {
  readonly settings: BackboneSettings;
  /** Which channels are not durable. @default none */
  readonly channels?: StageBase['channels'];
  readonly logRetention: RetentionDays;
  /** Keep data, protect it against deletion, and back it up. */
  readonly production: boolean;
}

/**
 * What all lanes share: the log that decides, the topic that hints, the function that publishes, and who is present. It
 * knows no lane.
 */
export class EventBackbone extends Construct {
  readonly log: EventLog;
  readonly presence: PresenceTable;
  readonly topic: EventTopic;
  readonly publishFunction: PublishFunction;

  constructor(scope: Construct, id: string, { settings, channels = [], logRetention, production }: EventBackboneProps) {
    super(scope, id);
    this.log = new EventLog(this, 'Log', {
      gapGraceMs: settings.gapGraceMs,
      retentionHours: settings.retentionHours,
      channels,
      maxThroughput: settings.maxThroughput,
      production,
    });
    this.presence = new PresenceTable(this, 'Presence', { maxThroughput: settings.maxThroughput });
    this.topic = new EventTopic(this, 'Topic', { publishTimeoutMs: settings.publishTimeoutMs, production });
    this.publishFunction = new PublishFunction(this, 'Publish', {
      logRetention,
      timeout: Duration.seconds(settings.publishFunctionTimeoutSeconds),
      defaultBus: settings.defaultBus,
    });
    this.allowPublish(this.publishFunction.handler);
  }

  /** Lets a function or service publish, and sets its environment for that. */
  allowPublish(publisher: Configurable): Grant {
    return this.log.allowWrite(publisher).combine(this.topic.allowPublish(publisher));
  }

  /** Lets a function or service read and resume, and sets its environment for that. */
  allowRead(consumer: Configurable): Grant {
    return this.log.allowRead(consumer);
  }

  /** Lets what reads find lost notifications, by the heads of many channels at once. */
  allowCompareHeads(consumer: Configurable): Grant {
    return this.log.allowCompareHeads(consumer);
  }

  /** Lets a function or service say who is present, in the table and by notifications. */
  allowBePresent(member: Configurable): Grant {
    return this.presence.allowWrite(member).combine(this.topic.allowPublish(member));
  }

  /** Lets a function or service see who is present. */
  allowSeePresence(reader: Configurable): Grant {
    return this.presence.allowRead(reader);
  }

  /**
   * Invokes a function with the events of some channels: `consume(handler, { channels: 'ai.*' })`. The function's entry
   * exports `consumer(…)` of `lambda/consumer.ts` as its handler. A function consumes once, with any number of patterns.
   *
   * @throws InvalidConsumerError if a channel is not a pattern, or an option is out of its range
   */
  consume(handler: LaneFunction, options: ConsumerOptions): Consumer {
    return new Consumer(handler, 'Consumer', { ...options, topic: this.topic, handler });
  }
}
