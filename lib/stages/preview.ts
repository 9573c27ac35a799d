import { parseStage } from '../stage.ts';
import { dev } from './dev.ts';

/** The stage for development behind CloudFront: it needs no domain, no certificate and no DNS. */
export const preview = parseStage(
  {
    ...dev,
    id: 'preview',
    backbone: { ...dev.backbone, defaultBus: false },
    edge: {
      type: 'cloudfront',
      originPrefixListId: 'pl-3b927c52',
      requestsPerAddress: 2_000_000,
    },
  },
  'lib/stages/preview.ts',
);
