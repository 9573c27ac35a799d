import type { ResetReason } from '../../protocol/index.ts';
import type { LaneNotice } from '../lanes/observer.ts';
import { formatCount } from './format.ts';

const RESET_REASONS: Readonly<Record<ResetReason, string>> = {
  epoch_changed: 'the log has begun anew',
  expired: 'what was missed is older than the log keeps',
  ahead: 'the position lies beyond the newest event',
};

export function NoticeItem({ notice }: { readonly notice: LaneNotice }) {
  return (
    <li class={`notice ${notice.kind}`}>
      <span>{noticeText(notice)}</span>
    </li>
  );
}

export function noticeText(notice: LaneNotice): string {
  switch (notice.kind) {
    case 'cut':
      return `Cut ${position(notice.after)}`;
    case 'lost':
      return `Connection lost ${position(notice.after)}`;
    case 'resumed':
      return `Resumed ${position(notice.after)}, ${formatCount(notice.replayed, 'event')} replayed`;
    case 'mended':
      return notice.found === 0
        ? `Gap after ${notice.after} mended: nothing was ever there`
        : `Gap after ${notice.after} mended, ${formatCount(notice.found, 'event')} asked for again`;
    case 'reset':
      return `Reset: ${RESET_REASONS[notice.reason]}; live from here, what lies between is not shown`;
    case 'error':
      return notice.message;
  }
}

function position(after: string | undefined): string {
  return after === undefined ? 'before the first position was known' : `after ${after}`;
}
