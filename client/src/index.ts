export { connect } from './connection.ts';
export { LanesError } from './errors.ts';
export { DEFAULTS, type Tunables } from './options.ts';
export { covers } from './order.ts';
export type {
  Activity,
  Connection,
  ConnectionEvents,
  ConnectOptions,
  LaneEvent,
  LaneItem,
  LaneReset,
  Published,
  PublishInput,
  PublishOptions,
  ResetReason,
  Status,
  StatusName,
  SubscribeOptions,
  Subscription,
  SubscriptionEvents,
  Transport,
} from './types.ts';
