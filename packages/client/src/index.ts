export { connect } from './connection.ts';
export { LanesError } from './errors.ts';
export { DEFAULTS, type Tunables } from './options.ts';
export { covers } from './order.ts';
export type {
  Activity,
  BatchInput,
  ChannelEvent,
  ChannelItem,
  ChannelLatest,
  ChannelReset,
  Connection,
  ConnectionEvents,
  ConnectOptions,
  EventInput,
  LatestRemoval,
  LatestValue,
  PublishAllOptions,
  Published,
  PublishInput,
  PublishOptions,
  RemovalInput,
  ResetReason,
  Status,
  StatusName,
  SubscribeOptions,
  Subscription,
  SubscriptionEvents,
  Transport,
} from './types.ts';
