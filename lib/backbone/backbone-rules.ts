import { APPEND_LIMIT_MS } from '../../backbone/contract.ts';
import type { StageBase } from '../stage-base.ts';
import { below, type TimeoutRule } from '../timeout-rule.ts';

/** How the times of the event log and of publishers must agree. */
export function backboneRules({ backbone }: Pick<StageBase, 'backbone'>): readonly TimeoutRule[] {
  return [
    below(
      [`backbone.publishTimeoutMs + ${APPEND_LIMIT_MS}`, backbone.publishTimeoutMs + APPEND_LIMIT_MS],
      ['backbone.gapGraceMs', backbone.gapGraceMs],
      'ms',
      "a consumer tombstones a gap after the grace period, and relies on the publisher's last write having settled before",
    ),
    below(
      ['backbone.publishTimeoutMs', backbone.publishTimeoutMs],
      ['backbone.publishFunctionTimeoutSeconds', backbone.publishFunctionTimeoutSeconds * 1_000],
      'ms',
      'a function that is stopped before its publisher gives up leaves a gap without an error that explains it',
    ),
    below(
      ['backbone.gapGraceMs', backbone.gapGraceMs],
      ['backbone.retentionHours', backbone.retentionHours * 3_600_000],
      'ms',
      'a gap must be tombstoned while its neighbours can still be replayed',
    ),
  ];
}
