export type { ConnectOptions, SharedLane, Sharing, SharingHost } from './connect-options.ts';
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
  EventInput,
  HistoryOptions,
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
