export { connect } from './connection.ts';
export { LanesError } from './errors.ts';
export { DEFAULTS, type Tunables } from './options.ts';
export { covers } from './order.ts';
export type {
  Activity,
  BatchInput,
  ChannelEvent,
  ChannelItem,
  ChannelReset,
  Connection,
  ConnectionEvents,
  ConnectOptions,
  HistoryOptions,
  PublishAllOptions,
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
