import type { StageCheck } from '../stage-check.ts';
import { ZONES_WITHOUT_FARGATE, ZONES_WITHOUT_VPC_ORIGINS } from '../unsupported-zones.ts';

/** Zones in which the lane cannot be. Where a stage names none, nobody knows before the deploy. */
export function zoneChecks({ zoneIds = [] }: { readonly zoneIds: readonly string[] | undefined }): readonly StageCheck[] {
  const outside = (zones: readonly string[]) => !zoneIds.some((zone) => zones.includes(zone));
  return [
    {
      key: 'sse.zoneIds',
      holds: () => outside(ZONES_WITHOUT_FARGATE),
      allowed: `zones that have Fargate, so none of ${ZONES_WITHOUT_FARGATE.join(', ')}: take others of the Region`,
    },
    {
      key: 'sse.zoneIds',
      holds: ({ edge }) => edge.type !== 'cloudfront' || outside(ZONES_WITHOUT_VPC_ORIGINS),
      allowed: `zones whose load balancers CloudFront reaches, so none of ${ZONES_WITHOUT_VPC_ORIGINS.join(', ')}: take others of the Region`,
    },
  ];
}
