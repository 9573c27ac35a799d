export type { ChannelState } from './channel-store.ts';
export type { ConnectionState } from './connection-board.ts';
export { LanesProvider, type LanesProviderProps, useConnection } from './provider.ts';
export type { Publication } from './publications.ts';
export { type UseChannelOptions, useChannel } from './use-channel.ts';
export { useConnectionStatus } from './use-connection-status.ts';
export { type PresenceState, usePresence } from './use-presence.ts';
export { type Publisher, type TextInput, usePublish } from './use-publish.ts';
