import type { Shortcoming } from '../option.ts';
import type { Workload } from '../workload.ts';

/** Bytes on a transport of text. */
export const detours = ({ binary }: Workload): readonly Shortcoming[] => [
  {
    text: binary ? 'binary data travels as base64, a third larger (counted)' : 'binary data travels as base64, a third larger',
    excludes: false,
  },
];

/** What only a log with ids promises. */
export const losesEvents = ({ resume }: Workload, text: string): Shortcoming => ({ text, excludes: resume });

export const needsUpgrade = ({ strictProxies }: Workload): Shortcoming => ({
  text: 'proxies that pass plain HTTP only, such as nginx or Apache without configuration, refuse the upgrade',
  excludes: strictProxies,
});
