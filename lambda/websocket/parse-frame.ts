import type { NewBatch } from '../../backbone/domain/batch.ts';
import type { KindOf } from '../../backbone/domain/channel-kind.ts';
import type { NewEvent } from '../../backbone/domain/event.ts';
import { LAST_RULE, parseBefore, readLast } from '../../backbone/domain/history.ts';
import type { NewLatestEvent } from '../../backbone/domain/latest-event.ts';
import type { NewLatestBatch } from '../../backbone/domain/latest-publication.ts';
import { parseJsonObject } from '../../backbone/domain/notification.ts';
import { parseByKind, publicationFields } from '../../backbone/domain/publication.ts';
import { parseChannel } from '../../packages/protocol/channel.ts';
import { type ChannelPosition, type Cursor, parseCursor } from '../../packages/protocol/cursor.ts';
import { DEFAULT_LAST } from '../../packages/protocol/history.ts';
import { type ClientFrame, MAX_REQUEST_ID_LENGTH } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { isPresenceState, parsePresenceData } from '../../packages/protocol/presence.ts';
import { STATE_TAG } from '../../packages/protocol/state-tag.ts';

type Action = ClientFrame['action'];
type Fields = Readonly<Record<string, unknown>>;

/** A client's frame after validation: what it asks for. */
export type Command =
  | {
      readonly action: 'subscribe';
      readonly channel: string;
      readonly after?: Cursor;
      readonly last?: number;
      readonly state?: string;
      readonly batch: boolean;
      readonly presence: boolean;
      readonly presenceState?: string;
    }
  | { readonly action: 'unsubscribe'; readonly channel: string }
  | { readonly action: 'publish'; readonly publication: NewEvent | NewBatch }
  | { readonly action: 'publishLatest'; readonly publication: NewLatestEvent | NewLatestBatch }
  | { readonly action: 'history'; readonly channel: string; readonly before: ChannelPosition | undefined; readonly last: number }
  | { readonly action: 'ping'; readonly heads: boolean; readonly presenceStates: ReadonlyMap<string, string> }
  | { readonly action: 'present'; readonly channel: string; readonly data: string }
  | { readonly action: 'absent'; readonly channel: string };

const PARSERS: Readonly<Record<Action, (fields: Fields, kindOf: KindOf) => Command>> = {
  subscribe: (fields) => {
    const channel = parseChannel(fields['channel']);
    const { presenceState } = fields;
    const [batch, presence] = [parseFlag(fields, 'batch'), parseFlag(fields, 'presence')];
    const last = parseLast(fields);
    const state = parseState(fields);
    const text = parseCursorText(fields, 'after');
    const after = text === undefined ? undefined : parseCursor(text, [channel]);
    return {
      action: 'subscribe',
      channel,
      ...(after && { after }),
      ...(last !== undefined && { last }),
      ...(state !== undefined && { state }),
      batch,
      presence,
      ...(presenceState !== undefined && { presenceState: parsePresenceState(presenceState) }),
    };
  },
  unsubscribe: (fields) => ({ action: 'unsubscribe', channel: parseChannel(fields['channel']) }),
  publish: (fields, kindOf) => {
    const { kind, publication } = parseByKind(publicationFields(fields), kindOf);
    return kind === 'latest' ? { action: 'publishLatest', publication } : { action: 'publish', publication };
  },
  history: (fields) => {
    const channel = parseChannel(fields['channel']);
    const before = parseCursorText(fields, 'before');
    const position = before === undefined ? undefined : parseBefore(before, channel);
    return { action: 'history', channel, before: position, last: parseLast(fields) ?? DEFAULT_LAST };
  },
  ping: (fields) => ({ action: 'ping', heads: parseFlag(fields, 'heads'), presenceStates: parsePresenceStates(fields) }),
  present: (fields) => ({ action: 'present', channel: parseChannel(fields['channel']), data: parsePresenceData(fields['data']) }),
  absent: (fields) => ({ action: 'absent', channel: parseChannel(fields['channel']) }),
};

/** Empty if the client has no state yet. */
function parsePresenceState(value: unknown): string {
  if (value === '' || isPresenceState(value)) return value;
  throw new InvalidInputError('invalid_frame', `the state of presence is ${quote(value)}, but must be one that the server has sent`);
}

/** Those of channels that the connection does not follow are ignored, so their number needs no limit but the frame's. */
function parsePresenceStates({ presenceStates = {} }: Fields): ReadonlyMap<string, string> {
  if (typeof presenceStates !== 'object' || presenceStates === null || Array.isArray(presenceStates)) {
    throw new InvalidInputError('invalid_frame', `presenceStates must be an object, not ${quote(presenceStates)}`);
  }
  return new Map(Object.entries(presenceStates).map(([channel, state]) => [channel, parsePresenceState(state)]));
}

/** False where the field is missing. */
function parseFlag(fields: Fields, name: string): boolean {
  const { [name]: value = false } = fields;
  if (typeof value === 'boolean') return value;
  throw new InvalidInputError('invalid_frame', `${name} must be true or false, not ${quote(value)}`);
}

/** @throws InvalidInputError `invalid_frame` */
function parseState({ state }: Fields): string | undefined {
  if (state === undefined || (typeof state === 'string' && STATE_TAG.test(state))) return state;
  throw new InvalidInputError('invalid_frame', `state ${quote(state)} is not valid: send back one that you were given, or leave it out`);
}

/** @throws InvalidInputError `invalid_frame` */
function parseCursorText(fields: Fields, name: 'after' | 'before'): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidInputError('invalid_frame', `${name} must be a cursor in text form, not ${quote(value)}`);
}

/** @throws InvalidInputError `invalid_frame` */
function parseLast({ last: value }: Fields): number | undefined {
  const last = readLast(value);
  if (value === undefined || last !== undefined) return last;
  throw new InvalidInputError('invalid_frame', `last must be ${LAST_RULE}, not ${quote(value)}`);
}

const ACTIONS = Object.keys(PARSERS);

/** The content of a frame, before anybody has checked whether it is allowed. */
export interface ParsedFrame {
  /** To be repeated in the answers. */
  readonly requestId?: string;
  readonly command: Command | InvalidInputError;
}

/**
 * Reads a frame. An invalid frame is returned as an error and not thrown, because its sender must be counted
 * first.
 */
export function parseFrame(body: string, kindOf: KindOf): ParsedFrame {
  let read: { readonly requestId?: string } = {};
  try {
    const fields = parseFields(body);
    const requestId = parseRequestId(fields);
    if (requestId !== undefined) read = { requestId };
    return { ...read, command: parseCommand(fields, kindOf) };
  } catch (error) {
    if (error instanceof InvalidInputError) return { ...read, command: error };
    throw error;
  }
}

/** @throws InvalidInputError `invalid_frame`: the text is not JSON, or is JSON but not an object */
export function parseFields(body: string): Fields {
  try {
    return parseJsonObject(body);
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw new InvalidInputError('invalid_frame', `frame ${cause.message}`, { cause });
    throw cause;
  }
}

/** @throws InvalidInputError `invalid_frame` */
export function parseRequestId({ requestId }: Fields): string | undefined {
  if (requestId === undefined || (typeof requestId === 'string' && requestId.length <= MAX_REQUEST_ID_LENGTH)) return requestId;
  throw new InvalidInputError('invalid_frame', `requestId ${quote(requestId)} must be text of at most ${MAX_REQUEST_ID_LENGTH} characters`);
}

/** @throws InvalidInputError `unknown_action`, `invalid_frame`, or the code of the wrong field */
export function parseCommand(fields: Fields, kindOf: KindOf): Command {
  const { action } = fields;
  if (!isAction(action)) {
    const named = action === undefined ? 'the frame has no action' : `action ${quote(action)} is not known`;
    throw new InvalidInputError('unknown_action', `${named}: expected one of ${ACTIONS.join(', ')}`);
  }
  return PARSERS[action](fields, kindOf);
}

function isAction(value: unknown): value is Action {
  return typeof value === 'string' && Object.hasOwn(PARSERS, value);
}
