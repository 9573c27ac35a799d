import { presenceEntries, publishEntries, text, url } from '../../backbone/environment.ts';
import { WEBSOCKET_ENV } from './contract.ts';
import { connectionSettings, fanOutSettings } from './settings.ts';

export const connectionStoreEntries = {
  [WEBSOCKET_ENV.connectionsTable]: text,
  [WEBSOCKET_ENV.subscriptionsTable]: text,
  [WEBSOCKET_ENV.principalsTable]: text,
  ...connectionSettings,
} as const;

/** Whoever closes a connection ends its presence too. */
export const closingEntries = { ...connectionStoreEntries, ...presenceEntries, ...publishEntries } as const;

export const replayQueueEntries = { [WEBSOCKET_ENV.replayQueueUrl]: text } as const;

export const managementEntries = { [WEBSOCKET_ENV.managementEndpoint]: url } as const;

export const deliveryEntries = {
  [WEBSOCKET_ENV.deliveryQueueUrl]: text,
  [WEBSOCKET_ENV.deadLetterQueueUrl]: text,
  ...fanOutSettings,
} as const;
