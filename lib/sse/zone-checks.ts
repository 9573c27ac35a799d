import type { StageCheck } from '../stage-check.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html (2026-11) */
const WITHOUT_FARGATE = ['usw1-az2', 'apne1-az3'];

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html (2026-11) */
const WITHOUT_VPC_ORIGINS = ['use1-az3', 'usw1-az2', 'apne1-az3', 'cac1-az3'];

/** Zones in which the lane cannot be. Where a stage names none, nobody knows before the deploy. */
export function zoneChecks({ zoneIds = [] }: { readonly zoneIds: readonly string[] | undefined }): readonly StageCheck[] {
  const outside = (zones: readonly string[]) => !zoneIds.some((zone) => zones.includes(zone));
  return [
    {
      key: 'sse.zoneIds',
      holds: () => outside(WITHOUT_FARGATE),
      allowed: `zones that have Fargate, so none of ${WITHOUT_FARGATE.join(', ')}: take others of the Region`,
    },
    {
      key: 'sse.zoneIds',
      holds: ({ edge }) => edge.type !== 'cloudfront' || outside(WITHOUT_VPC_ORIGINS),
      allowed: `zones whose load balancers CloudFront reaches, so none of ${WITHOUT_VPC_ORIGINS.join(', ')}: take others of the Region`,
    },
  ];
}
