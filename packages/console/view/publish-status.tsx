import type { LaneState } from '../lanes/observer.ts';
import type { PublishOutcome } from '../model/publish-in-order.ts';
import type { PublishRoute } from '../model/session.ts';
import { formatCount, formatLatency } from './format.ts';

export type Publishing =
  /** In progress or waiting; `published` of `total` events have their id. */
  | { readonly kind: 'sending'; readonly route: PublishRoute; readonly published: number; readonly total: number }
  | (PublishOutcome & { readonly total: number });

export interface PublishStatusProps {
  readonly publishing: Publishing | undefined;
  /** A publication over WebSocket waits until the lane is live. */
  readonly websocket: LaneState['kind'];
}

/** The outcome of the last publication, or what it waits for. */
export function PublishStatus({ publishing, websocket }: PublishStatusProps) {
  const waiting = publishing?.kind === 'sending' && publishing.route === 'websocket' && websocket !== 'live';
  return (
    <p class={`outcome ${waiting ? 'waiting' : (publishing?.kind ?? 'none')}`} role="status">
      {publishing === undefined ? (
        'The answer to a publication appears here: its id or version, or what the server says is wrong.'
      ) : publishing.kind === 'sending' ? (
        `${waiting ? 'Waiting for the connection of the WebSocket lane' : 'Publishing'}${progress(publishing)} …`
      ) : publishing.kind === 'published' ? (
        <Published {...publishing} />
      ) : (
        failure(publishing)
      )}
    </p>
  );
}

function Published({ ids, tookMs }: Extract<PublishOutcome, { kind: 'published' }>) {
  return (
    <>
      <code>{ids.length === 1 ? ids[0] : `${ids.at(0)} … ${ids.at(-1)}`}</code>{' '}
      {ids.length === 1 ? '' : `${formatCount(ids.length, 'event')} `}published in {formatLatency(tookMs)}
    </>
  );
}

function progress({ published, total }: { readonly published: number; readonly total: number }): string {
  return total === 1 ? '' : `: ${published} of ${total} published`;
}

function failure({ ids, reason, total }: Extract<Publishing, { kind: 'failed' }>): string {
  if (total === 1) return reason;
  const rest = total - ids.length - 1;
  return `${ids.length} of ${total} published, then: ${reason.replace(/[.]?$/, '.')}${rest === 0 ? '' : ` The ${rest} behind it ${rest === 1 ? 'was' : 'were'} not sent.`}`;
}
