import { type ReadonlySignal, signal } from '@preact/signals';
import { channelProblem } from '../channel.ts';
import type { ConsoleConfig } from '../config.ts';
import type { Identity } from '../sign-in/identity.ts';
import { Session } from './session.ts';

const DEFAULT_CHANNEL = 'demo';

/**
 * The page's state: one session at a time. Its channel is part of the page's address, so that it can be
 * shared and reloaded.
 */
export class ConsoleModel {
  readonly config: ConsoleConfig;
  /** Undefined if the deployment needs no sign-in. */
  readonly identity: Identity | undefined;
  readonly session: ReadonlySignal<Session>;
  readonly open: (channel: string) => void;

  constructor(config: ConsoleConfig, identity?: Identity) {
    const named = new URL(location.href).searchParams.get('channel') ?? DEFAULT_CHANNEL;
    const session = signal(new Session(channelProblem(named) === undefined ? named : DEFAULT_CHANNEL, config, identity));
    this.config = config;
    this.identity = identity;
    this.session = session;
    this.open = (channel) => {
      if (channel === session.peek().channel) return;
      session.peek().close();
      session.value = new Session(channel, config, identity);
      const address = new URL(location.href);
      address.searchParams.set('channel', channel);
      history.replaceState(null, '', address);
    };
  }

  /** Closes the session for good. */
  close(): void {
    this.session.peek().close();
  }
}
