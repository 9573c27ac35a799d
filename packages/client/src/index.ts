export { connect } from './connection.ts';
export { LanesError } from './errors.ts';
export { DEFAULTS, type Tunables } from './options.ts';
export { covers } from './order.ts';
export type {
  Activity,
  ChannelEvent,
  ChannelItem,
  ChannelReset,
  Connection,
  ConnectionEvents,
  ConnectOptions,
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
