import { type NewBatch, parsePublication } from '../../backbone/domain/batch.ts';
import type { NewEvent } from '../../backbone/domain/event.ts';
import { LAST_RULE, parseBefore, readLast } from '../../backbone/domain/history.ts';
import { parseJsonObject } from '../../backbone/domain/notification.ts';
import { parseChannel } from '../../packages/protocol/channel.ts';
import { type ChannelPosition, type Cursor, parseCursor } from '../../packages/protocol/cursor.ts';
import { DEFAULT_LAST } from '../../packages/protocol/history.ts';
import { type ClientFrame, MAX_REQUEST_ID_LENGTH } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';

type Action = ClientFrame['action'];
type Fields = Readonly<Record<string, unknown>>;

/** A client's frame after validation: what it asks for. */
export type Command =
  | { readonly action: 'subscribe'; readonly channel: string; readonly after?: Cursor; readonly last?: number; readonly batch: boolean }
  | { readonly action: 'unsubscribe'; readonly channel: string }
  | { readonly action: 'publish'; readonly publication: NewEvent | NewBatch }
  | { readonly action: 'history'; readonly channel: string; readonly before: ChannelPosition | undefined; readonly last: number }
  | { readonly action: 'ping'; readonly heads: boolean };

const PARSERS: { readonly [A in Action]: (fields: Fields) => Command & { readonly action: A } } = {
  subscribe: (fields) => {
    const channel = parseChannel(fields['channel']);
    const batch = parseFlag(fields, 'batch');
    const last = parseLast(fields);
    const text = parseCursorText(fields, 'after');
    const after = text === undefined ? undefined : parseCursor(text, [channel]);
    return { action: 'subscribe', channel, ...(after && { after }), ...(last !== undefined && { last }), batch };
  },
  unsubscribe: (fields) => ({ action: 'unsubscribe', channel: parseChannel(fields['channel']) }),
  publish: (fields) => ({
    action: 'publish',
    publication: parsePublication({
      channel: fields['channel'],
      type: fields['type'],
      data: fields['data'],
      encoding: fields['encoding'],
      events: fields['events'],
      key: fields['key'],
    }),
  }),
  history: (fields) => {
    const channel = parseChannel(fields['channel']);
    const before = parseCursorText(fields, 'before');
    const position = before === undefined ? undefined : parseBefore(before, channel);
    return { action: 'history', channel, before: position, last: parseLast(fields) ?? DEFAULT_LAST };
  },
  ping: (fields) => ({ action: 'ping', heads: parseFlag(fields, 'heads') }),
};

/** False where the field is missing. */
function parseFlag(fields: Fields, name: string): boolean {
  const { [name]: value = false } = fields;
  if (typeof value === 'boolean') return value;
  throw new InvalidInputError('invalid_frame', `${name} must be true or false, not ${quote(value)}`);
}

function parseCursorText(fields: Fields, name: 'after' | 'before'): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidInputError('invalid_frame', `${name} must be a cursor in text form, not ${quote(value)}`);
}

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
export function parseFrame(body: string): ParsedFrame {
  let read: { readonly requestId?: string } = {};
  try {
    const fields = parseFields(body);
    const requestId = parseRequestId(fields);
    if (requestId !== undefined) read = { requestId };
    return { ...read, command: parseCommand(fields) };
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
export function parseCommand(fields: Fields): Command {
  const { action } = fields;
  if (!isAction(action)) {
    const named = action === undefined ? 'the frame has no action' : `action ${quote(action)} is not known`;
    throw new InvalidInputError('unknown_action', `${named}: expected one of ${ACTIONS.join(', ')}`);
  }
  return PARSERS[action](fields);
}

function isAction(value: unknown): value is Action {
  return typeof value === 'string' && Object.hasOwn(PARSERS, value);
}
