/** How a bench speaks to the task that it has started: JSON by `POST`, beside the port that the task serves. */

import type { TaskSettings } from './settings.ts';

/** The program's argument. */
export interface TaskArguments {
  readonly settings: TaskSettings;
  readonly issuer: { readonly url: string; readonly audience: string; readonly jwksUri: string };
  /** Of a call of the log. */
  readonly logLatencyMs: number;
}

/** The program's first line: it serves. */
export interface TaskReady {
  readonly port: number;
  readonly controlPort: number;
}

/** Publishes history: events that nobody is told of, and that are a minute old. Their data is their seq, a blank, and `text` so often. */
export interface Fill {
  readonly channels: readonly string[];
  readonly events: number;
  readonly text: string;
  readonly times: number;
}

/** Publishes one event to each channel, as a backend does that publishes past the task. */
export interface Publish extends Pick<Fill, 'text' | 'times'> {
  readonly channels: readonly string[];
}

/** Epoch and newest seq of channels, as cursors have them: for those that exist. */
export type Heads = Readonly<Record<string, string>>;

export interface TaskReport {
  /** Calls of the log that read, by the service: how many of each kind. */
  readonly reads: Readonly<Record<string, number>>;
  /** Of those that are of one channel, the most that one channel had. */
  readonly mostReadsOfChannel: number;
  /** Channels that were read. */
  readonly channelsRead: number;
  /** The longest that the event loop was kept from its next turn. */
  readonly longestPauseMs: number;
}

export interface TaskCalls {
  readonly fill: { readonly input: Fill; readonly output: Heads };
  readonly publish: { readonly input: Publish; readonly output: Heads };
  readonly heads: { readonly input: { readonly channels: readonly string[] }; readonly output: Heads };
  /** Counts and pauses begin anew. */
  readonly restart: { readonly input: Record<string, never>; readonly output: Record<string, never> };
  readonly report: { readonly input: Record<string, never>; readonly output: TaskReport };
}
