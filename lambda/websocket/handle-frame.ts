import { METRICS } from '../../backbone/contract.ts';
import { AccessDeniedError, requireRight, requireUnexpired } from '../../backbone/domain/access.ts';
import { requireWithinSecond, toBatchAnswer } from '../../backbone/domain/batch.ts';
import { scopeOfPrincipal } from '../../backbone/domain/key-scope.ts';
import type { Clock, EventLog } from '../../backbone/ports.ts';
import type { LogReader } from '../../backbone/services/log-reader.ts';
import { PublishContendedError, type Publisher } from '../../backbone/services/publisher.ts';
import { IdempotencyConflictError } from '../../backbone/services/publishing-steps.ts';
import { traceBatch, traceEvent } from '../../backbone/telemetry/trace.ts';
import { type ChannelPosition, formatPosition, isOrigin, ORIGIN } from '../../packages/protocol/cursor.ts';
import type { ServerFrame } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import type { Telemetry } from '../telemetry.ts';
import type { Connection, RegisteredConnection } from './domain/connection.ts';
import { MAX_CHANNELS_PER_CONNECTION, presenceOf } from './domain/connection.ts';
import { type FrameSender, openFrameSender } from './frame-sender.ts';
import { FramesLimitedError, LimitError, PublishLimitError } from './limits.ts';
import { type Command, parseFrame } from './parse-frame.ts';
import type { ConnectionCloser, ConnectionPoster, ConnectionStore, PostOutcome, PublishQuota } from './ports.ts';
import { enter, leave, type PresenceDependencies, renewLeases, sendSnapshot } from './presence.ts';
import { type EphemeralDependencies, ephemeralPublishOf, publishEphemeral } from './publish-ephemeral.ts';
import { type ResumeDependencies, resumeSubscription } from './resume-subscription.ts';

export interface FrameRequest {
  readonly connectionId: string;
  /** The text of the frame, unchecked. */
  readonly body: string;
  /** The frame must be answered by then. */
  readonly deadlineMs: number;
}

export interface FrameDependencies extends ResumeDependencies, EphemeralDependencies, PresenceDependencies, Publisher {
  readonly store: ConnectionStore;
  readonly poster: ConnectionPoster;
  readonly closer: ConnectionCloser;
  readonly reader: Pick<LogReader, 'baseline' | 'checkResume' | 'replay'>;
  readonly log: Pick<EventLog, 'heads'>;
  readonly quota: PublishQuota;
  readonly clock: Clock;
  readonly random: () => number;
}

interface FrameContext {
  readonly connection: RegisteredConnection;
  readonly sender: FrameSender;
  readonly telemetry: Telemetry;
  /** The frame's `requestId`, if it has one, to be repeated in its answers. */
  readonly repeated: { readonly requestId?: string };
}

/** `ended`: the connection was closed instead of answered. */
type FrameOutcome = PostOutcome | { readonly kind: 'ended' };

/**
 * Executes a frame and answers it over the connection. Invalid frames and failures are answered with an
 * `error` frame. If the connection turns out to be closed, its rows are deleted, since `$disconnect` may
 * never come. The connection is closed if it has no row, or if its principal keeps sending too much after it
 * was told so often enough: each further frame would cost an invocation and an answer.
 */
export async function handleFrame(request: FrameRequest, deps: FrameDependencies, telemetry: Telemetry): Promise<void> {
  const { connectionId } = request;
  const outcome = await answer(request, deps, telemetry);
  if (outcome.kind === 'gone') await deps.store.close(connectionId);
  else if (outcome.kind !== 'sent' && outcome.kind !== 'ended') telemetry.warn('frame not answered', { connectionId, outcome });
}

async function answer(request: FrameRequest, deps: FrameDependencies, telemetry: Telemetry): Promise<FrameOutcome> {
  const { connectionId } = request;
  const { command, ...repeated } = parseFrame(request.body);
  const sender = openFrameSender({ ...request, ...deps });
  try {
    const connection = await deps.store.find(connectionId);
    if (connection === undefined) throw connectionUnknown(connectionId);
    const ephemeral = ephemeralPublishOf(command, deps);
    if (ephemeral !== undefined && (await deps.ephemeralQuota.take(connection.principal))) {
      return await publishEphemeral(ephemeral, connection, repeated, sender, deps);
    }
    if (!(await count(connection, deps, telemetry))) return await end(connectionId, deps, telemetry);
    if (command instanceof InvalidInputError) throw command;
    return await execute(command, { connection, sender, telemetry, repeated }, deps);
  } catch (error) {
    if (!isExpected(error)) {
      telemetry.error('frame failed', { connectionId, error });
      telemetry.metrics({ [METRICS.unexpectedErrors]: 1 });
    }
    const outcome = await sender.send({ ...toErrorFrame(error), ...repeated });
    return error instanceof ConnectionUnknownError && outcome.kind === 'sent' ? end(connectionId, deps, telemetry) : outcome;
  }
}

/**
 * Counts the answer before any work is done for it.
 * @returns false if not even an error may be posted any more
 * @throws FramesLimitedError
 */
async function count({ principal }: Connection, { answers }: FrameDependencies, telemetry: Telemetry): Promise<boolean> {
  const allowance = await answers.take(principal, 1);
  if (allowance.kind === 'allowed') return true;
  telemetry.metrics({ [METRICS.limitedFrames]: 1 });
  if (allowance.kind === 'flooding') return false;
  throw new FramesLimitedError(answers.perSecond, allowance.retryAfterMs);
}

async function end(connectionId: string, { closer }: FrameDependencies, telemetry: Telemetry): Promise<FrameOutcome> {
  const outcome = await closer.close(connectionId);
  if (outcome.kind === 'gone') return outcome;
  if (outcome.kind === 'unknown') telemetry.warn('connection not ended', { connectionId, reason: outcome.reason });
  return { kind: 'ended' };
}

/** The connection's row is missing: it expired or was removed. */
class ConnectionUnknownError extends Error {
  override readonly name = 'ConnectionUnknownError';
}

function isExpected(error: unknown): boolean {
  const expected = [
    InvalidInputError,
    AccessDeniedError,
    ConnectionUnknownError,
    PublishContendedError,
    IdempotencyConflictError,
    LimitError,
  ];
  return expected.some((kind) => error instanceof kind);
}

function toErrorFrame(error: unknown): ServerFrame & { readonly kind: 'error' } {
  if (error instanceof InvalidInputError || error instanceof AccessDeniedError || error instanceof IdempotencyConflictError) {
    return { kind: 'error', code: error.code, message: error.message };
  }
  if (error instanceof LimitError) {
    const { code, message, retryAfterMs } = error;
    return { kind: 'error', code, message, retryAfterMs };
  }
  if (error instanceof ConnectionUnknownError) return { kind: 'error', code: 'connection_unknown', message: error.message };
  if (error instanceof PublishContendedError) return { kind: 'error', code: 'publish_contended', message: `${error.message}: try again` };
  return { kind: 'error', code: 'internal', message: 'the server failed to handle the frame: try again' };
}

/**
 * @throws AccessDeniedError if the connection's token, which is stored in its row, has expired or does not
 * allow this
 */
async function execute(command: Command, context: FrameContext, deps: FrameDependencies): Promise<PostOutcome> {
  const { connection, sender, repeated } = context;
  const { connectionId, principal } = connection;
  requireUnexpired(connection, deps.clock.nowMs());
  switch (command.action) {
    case 'ping':
      return answerPing(command, context, deps);
    case 'publish':
      return sender.send({ ...(await publishFor(command, context, deps)), ...repeated });
    case 'unsubscribe': {
      const { channel } = command;
      await Promise.all([
        deps.store.unsubscribe(connectionId, channel),
        deps.replays.cancel({ principal, connectionId, channel }),
        unwatch(channel, connection, deps),
      ]);
      return sender.send({ kind: 'unsubscribed', channel, ...repeated });
    }
    case 'subscribe':
      requireRight(connection, 'subscribe', [command.channel]);
      return subscribe(command, context, deps);
    case 'present':
      requireRight(connection, 'subscribe', [command.channel]);
      if ((await enter(command, connection, deps)) === 'gone') throw connectionUnknown(connectionId);
      return sender.send({ kind: 'present', channel: command.channel, ...repeated });
    case 'absent':
      await leave(command.channel, connection, deps);
      return sender.send({ kind: 'absent', channel: command.channel, ...repeated });
  }
}

/** What the client has missed of presence follows the pong. */
async function answerPing(
  { heads, presenceStates }: Command & { readonly action: 'ping' },
  { connection, sender, repeated }: FrameContext,
  deps: FrameDependencies,
): Promise<PostOutcome> {
  await renewLeases(connection, deps);
  let outcome = await sender.send({ kind: 'pong', ...(heads && { heads: await headsOf(connection, deps) }), ...repeated });
  for (const channel of connection.watched) {
    const known = presenceStates.get(channel);
    if (outcome.kind !== 'sent') break;
    if (known !== undefined) outcome = (await sendSnapshot(channel, known, connection, sender, deps)) ?? outcome;
  }
  return outcome;
}

/** @throws AccessDeniedError, InvalidInputError, PublishLimitError, and what publishing throws */
async function publishFor(
  { publication }: Command & { readonly action: 'publish' },
  { connection, telemetry }: FrameContext,
  { kindOf, quota, publish, publishBatch, clock }: FrameDependencies,
): Promise<ServerFrame & { readonly kind: 'published' | 'publishedBatch' }> {
  const { connectionId, principal } = connection;
  const { channel } = publication;
  requireRight(connection, 'publish', [channel]);
  const events = 'events' in publication ? publication.events.length : 1;
  if ('events' in publication) requireWithinSecond(publication, quota.perSecond);
  // An ephemeral publication gets here only if its own quota has refused it.
  if (kindOf(channel) === 'ephemeral' || !(await quota.take(principal, events))) {
    telemetry.metrics({ [METRICS.limitedPublications]: events });
    throw new PublishLimitError(quota.perSecond);
  }
  const scope = scopeOfPrincipal(principal);
  if ('events' in publication) {
    const outcomes = await publishBatch(publication, scope);
    traceBatch(telemetry, channel, outcomes, clock.nowMs(), { connectionId });
    return { kind: 'publishedBatch', ...toBatchAnswer(channel, outcomes) };
  }
  const event = await publish(publication, scope);
  traceEvent(telemetry, 'published', event, clock.nowMs(), { connectionId });
  return { kind: 'published', channel, id: formatPosition(event) };
}

function connectionUnknown(connectionId: string): ConnectionUnknownError {
  return new ConnectionUnknownError(`connection ${connectionId} is no longer registered: connect again`);
}

/**
 * Where the log is, for each durable channel of the connection's row: its token allowed them when it subscribed. Strongly consistent: an
 * older head would hide an event that was lost, and a client that is past it would take the log for one that was restored.
 */
async function headsOf({ channels }: RegisteredConnection, { log, kindOf }: FrameDependencies): Promise<Readonly<Record<string, string>>> {
  const durable = channels.filter((channel) => kindOf(channel) === 'durable');
  const heads = await log.heads(durable);
  return Object.fromEntries(durable.map((channel) => [channel, formatPosition(heads.get(channel) ?? ORIGIN)]));
}

/** The row comes first: every event acknowledged after the baseline is read finds the subscription. */
async function subscribe(
  { channel, after, batch, presence, presenceState }: Command & { readonly action: 'subscribe' },
  { connection, sender, telemetry, repeated }: FrameContext,
  deps: FrameDependencies,
): Promise<PostOutcome> {
  const { connectionId, principal } = connection;
  const { reader } = deps;
  const outcome = await noteSubscription(channel, channel, batch, connection, deps);
  if (presence) await noteSubscription(channel, presenceOf(channel), false, connection, deps);
  else await unwatch(channel, connection, deps);
  // Now changes of presence arrive: the snapshot is not older than the first of them.
  const present = async (subscribed: PostOutcome) =>
    (presence && subscribed.kind === 'sent' && (await sendSnapshot(channel, presenceState, connection, sender, deps))) || subscribed;
  const channelKind = deps.kindOf(channel);
  if (channelKind === 'ephemeral') return present(await sender.send({ kind: 'subscribed', channel, channelKind, ...repeated }));
  const baseline = await reader.baseline(channel);
  const answered = await present(await sender.send({ kind: 'subscribed', channel, id: formatPosition(baseline), ...repeated }));
  if (answered.kind !== 'sent' || after === undefined) return answered;
  if (outcome === 'again' && startsOver(after.get(channel), baseline)) {
    const told = await sender.send({ kind: 'reset', channel, reason: 'epoch_changed' });
    if (told.kind !== 'sent') return told;
  }
  const request = { principal, connectionId, channel, after: after.get(channel), baseline, batch, ...repeated };
  return resumeSubscription(request, sender, deps, telemetry);
}

/**
 * @param name what the row stands for: the channel, or its presence
 * @throws InvalidInputError `too_many_channels`
 */
async function noteSubscription(
  channel: string,
  name: string,
  batch: boolean,
  { connectionId }: Connection,
  { store }: FrameDependencies,
): Promise<'subscribed' | 'again'> {
  const outcome = await store.subscribe(connectionId, name, batch);
  if (outcome === 'gone') throw connectionUnknown(connectionId);
  if (outcome !== 'full') return outcome;
  const message = `the connection has ${MAX_CHANNELS_PER_CONNECTION} channels, those with presence counted twice, and cannot subscribe to ${quote(channel)}: unsubscribe from one, or open another connection`;
  throw new InvalidInputError('too_many_channels', message);
}

async function unwatch(channel: string, { connectionId, watched }: RegisteredConnection, { store }: FrameDependencies): Promise<void> {
  if (watched.includes(channel)) await store.unsubscribe(connectionId, presenceOf(channel));
}

/**
 * Whether a client that subscribes again on the same connection may have missed that the channel's first
 * epoch began. Our client library did not know `0.0` before ADR 28, and ignores the epoch's events until it
 * gets a reset. Newer versions ignore the reset.
 */
function startsOver(after: ChannelPosition | undefined, baseline: ChannelPosition): boolean {
  return after !== undefined && isOrigin(after) && !isOrigin(baseline);
}
