import { METRICS } from '../../backbone/contract.ts';
import { AccessDeniedError, type Action, requireRight, requireUnexpired } from '../../backbone/domain/access.ts';
import { MAX_CHANNELS_PER_CONNECTION } from '../../backbone/domain/channel.ts';
import { formatPosition, isOrigin, type Position } from '../../backbone/domain/cursor.ts';
import type { LaneEvent, Publication } from '../../backbone/domain/event.ts';
import { InvalidInputError, quote } from '../../backbone/domain/invalid-input.ts';
import { type KeyScope, scopeOfPrincipal } from '../../backbone/domain/key-scope.ts';
import type { Clock, Connection, ConnectionPoster, ConnectionStore, PostOutcome, PublicationQuota } from '../../backbone/ports.ts';
import type { ServerFrame } from '../../backbone/protocol.ts';
import type { LogReader } from '../../backbone/services/log-reader.ts';
import { IdempotencyConflictError, PublishContendedError } from '../../backbone/services/publisher.ts';
import { traceEvent } from '../../backbone/telemetry/trace.ts';
import type { Telemetry } from '../telemetry.ts';
import { type FrameSender, openFrameSender } from './frame-sender.ts';
import { type Command, parseCommand, parseFields, parseRequestId } from './parse-frame.ts';
import { replay } from './replay.ts';

export interface FrameRequest {
  readonly connectionId: string;
  /** The text of the frame, whatever it is. */
  readonly body: string;
  /** The frame has to be answered by then. */
  readonly deadlineMs: number;
}

export interface AnswerFrameDependencies {
  readonly store: ConnectionStore;
  readonly poster: ConnectionPoster;
  readonly reader: Pick<LogReader, 'baseline' | 'checkResume' | 'replay'>;
  readonly publish: (publication: Publication, scope: KeyScope) => Promise<LaneEvent>;
  readonly quota: PublicationQuota;
  readonly clock: Clock;
  readonly random: () => number;
}

interface Task {
  readonly connectionId: string;
  readonly sender: FrameSender;
  readonly telemetry: Telemetry;
  /** `requestId` of the frame, if it has one, to be repeated in its answers. */
  readonly repeated: { readonly requestId?: string };
}

/**
 * Does what a frame asks for and answers it over the connection; whatever is wrong with the frame, and whatever fails,
 * becomes an `error` frame. A connection that turns out to be closed loses its rows, since `$disconnect` may never come.
 */
export async function answerFrame(request: FrameRequest, deps: AnswerFrameDependencies, telemetry: Telemetry): Promise<void> {
  const { connectionId } = request;
  const outcome = await answer(request, deps, telemetry);
  if (outcome.kind === 'gone') await deps.store.close(connectionId);
  else if (outcome.kind !== 'sent') telemetry.warn('frame not answered', { connectionId, outcome });
}

async function answer(request: FrameRequest, deps: AnswerFrameDependencies, telemetry: Telemetry): Promise<PostOutcome> {
  const { connectionId } = request;
  const sender = openFrameSender({ ...request, ...deps });
  let repeated: Task['repeated'] = {};
  try {
    const fields = parseFields(request.body);
    const requestId = parseRequestId(fields);
    if (requestId !== undefined) repeated = { requestId };
    return await execute(parseCommand(fields), { connectionId, sender, telemetry, repeated }, deps);
  } catch (error) {
    if (!isExpected(error)) {
      telemetry.error('frame failed', { connectionId, error });
      telemetry.metrics({ [METRICS.unexpectedErrors]: 1 });
    }
    return sender.send({ ...toErrorFrame(error), ...repeated });
  }
}

/** Frames of this connection find no row: it expired, or was found closed. */
class ConnectionUnknownError extends Error {
  override readonly name = 'ConnectionUnknownError';
}

/** The principal has used up what it may publish in this second. */
class PublishedTooOftenError extends Error {
  override readonly name = 'PublishedTooOftenError';

  constructor(perSecond: number) {
    super(`you may publish ${perSecond} events a second: try again a second later`);
  }
}

function isExpected(error: unknown): boolean {
  const expected = [
    InvalidInputError,
    AccessDeniedError,
    ConnectionUnknownError,
    PublishContendedError,
    IdempotencyConflictError,
    PublishedTooOftenError,
  ];
  return expected.some((kind) => error instanceof kind);
}

function toErrorFrame(error: unknown): ServerFrame & { readonly kind: 'error' } {
  if (error instanceof InvalidInputError || error instanceof AccessDeniedError || error instanceof IdempotencyConflictError) {
    return { kind: 'error', code: error.code, message: error.message };
  }
  if (error instanceof ConnectionUnknownError) return { kind: 'error', code: 'connection_unknown', message: error.message };
  if (error instanceof PublishContendedError) return { kind: 'error', code: 'publish_contended', message: `${error.message}: try again` };
  if (error instanceof PublishedTooOftenError) return { kind: 'error', code: 'too_many_publications', message: error.message };
  return { kind: 'error', code: 'internal', message: 'the server failed to handle the frame: try again' };
}

async function execute(command: Command, task: Task, deps: AnswerFrameDependencies): Promise<PostOutcome> {
  const { connectionId, sender, repeated } = task;
  switch (command.action) {
    case 'ping':
      return sender.send({ kind: 'pong', ...repeated });
    case 'publish': {
      const { principal } = await authorize(connectionId, 'publish', command.publication.channel, deps);
      if (!(await deps.quota.take(principal))) {
        task.telemetry.metrics({ [METRICS.limitedPublications]: 1 });
        throw new PublishedTooOftenError(deps.quota.perSecond);
      }
      const event = await deps.publish(command.publication, scopeOfPrincipal(principal));
      traceEvent(task.telemetry, 'published', event, deps.clock.nowMs(), { connectionId });
      return sender.send({ kind: 'published', channel: event.channel, id: formatPosition(event), ...repeated });
    }
    case 'unsubscribe':
      await deps.store.unsubscribe(connectionId, command.channel);
      return sender.send({ kind: 'unsubscribed', channel: command.channel, ...repeated });
    case 'subscribe':
      await authorize(connectionId, 'subscribe', command.channel, deps);
      return subscribe(command, task, deps);
  }
}

/**
 * Checks what the token of the connection allows, which its row remembers.
 * @throws AccessDeniedError, ConnectionUnknownError
 */
async function authorize(
  connectionId: string,
  action: Action,
  channel: string,
  { store, clock }: AnswerFrameDependencies,
): Promise<Connection> {
  const connection = await store.find(connectionId);
  if (connection === undefined) throw connectionUnknown(connectionId);
  requireUnexpired(connection, clock.nowMs());
  requireRight(connection, action, [channel]);
  return connection;
}

function connectionUnknown(connectionId: string): ConnectionUnknownError {
  return new ConnectionUnknownError(`connection ${connectionId} is not registered any more: connect again`);
}

/** The row comes first: every event acknowledged after the baseline is read finds the subscription. */
async function subscribe(
  { channel, after }: Command & { readonly action: 'subscribe' },
  { connectionId, sender, telemetry, repeated }: Task,
  { store, reader }: AnswerFrameDependencies,
): Promise<PostOutcome> {
  const outcome = await store.subscribe(connectionId, channel);
  if (outcome === 'full') {
    const message = `the connection has ${MAX_CHANNELS_PER_CONNECTION} channels and cannot subscribe to ${quote(channel)}: unsubscribe from one, or open another connection`;
    throw new InvalidInputError('too_many_channels', message);
  }
  if (outcome === 'gone') throw connectionUnknown(connectionId);
  const baseline = await reader.baseline(channel);
  const answered = await sender.send({ kind: 'subscribed', channel, id: formatPosition(baseline), ...repeated });
  if (answered.kind !== 'sent' || after === undefined) return answered;
  if (outcome === 'again' && startsOver(after.get(channel), baseline)) {
    const told = await sender.send({ kind: 'reset', channel, reason: 'epoch_changed' });
    if (told.kind !== 'sent') return told;
  }
  return replay({ channel, after: after.get(channel), baseline, ...repeated }, sender, reader, telemetry);
}

/**
 * Whether a client that asks again on the same connection has not understood that the channel's first epoch has begun: the client
 * library did not know `0.0` before ADR 28, and takes nothing of the epoch until a reset leads it there. Its successor ignores it.
 */
function startsOver(after: Position | undefined, baseline: Position): boolean {
  return after !== undefined && isOrigin(after) && !isOrigin(baseline);
}
