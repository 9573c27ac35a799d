import type { Known, TieredPrice } from '../figure.ts';

/*
 * List prices, without free tiers, savings plans and taxes. One row for each price; a Region is added by adding its rows.
 */

/** When the rows below were read. */
const READ = '2026-11-24';

const usd = (value: number, per: string, source: string, date = READ): Known => ({
  value,
  unit: `USD per ${per}`,
  confidence: 'documented',
  source,
  date,
});

const API_GATEWAY = 'https://aws.amazon.com/api-gateway/pricing/';
const ELB = 'https://aws.amazon.com/elasticloadbalancing/pricing/';
const FARGATE = 'https://aws.amazon.com/fargate/pricing/';
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const DYNAMODB = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';
const EC2 = 'https://aws.amazon.com/ec2/pricing/on-demand/';
const VPC = 'https://aws.amazon.com/vpc/pricing/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const CLOUDFRONT = 'https://aws.amazon.com/cloudfront/pricing/';
const WAF = 'https://aws.amazon.com/waf/pricing/';
const APPSYNC = 'https://aws.amazon.com/appsync/pricing/';
const IOT = 'https://aws.amazon.com/iot-core/pricing/';
const ELASTICACHE = 'https://aws.amazon.com/elasticache/pricing/';
const CLOUDTRAIL = 'https://aws.amazon.com/cloudtrail/pricing/';
const KMS = 'https://aws.amazon.com/kms/pricing/';

/** AWS counts 1,024 GB to the TB. */
const TB = 1_024;

const MILLION = 1_000_000;

/** A price that is quoted for many units. */
const perMillion = (value: number, what: string, source: string, date = READ) => usd(value / MILLION, what, source, date);

const US_EAST_1 = {
  websocketMessage: {
    tiers: [
      { from: 0, figure: perMillion(1, 'message of up to 32 KB', API_GATEWAY) },
      { from: 1_000 * MILLION, figure: perMillion(0.8, 'message of up to 32 KB', API_GATEWAY) },
    ],
  } satisfies TieredPrice,
  websocketMinute: perMillion(0.25, 'connection minute', API_GATEWAY),
  albHour: usd(0.0225, 'hour', ELB),
  lcuHour: usd(0.008, 'LCU-hour', ELB),
  fargateVcpuHour: usd(0.03238, 'vCPU-hour (ARM)', FARGATE),
  fargateGbHour: usd(0.00356, 'GB-hour (ARM)', FARGATE),
  lambdaGbSecond: usd(0.0000133334, 'GB-second (ARM)', LAMBDA),
  lambdaRequest: perMillion(0.2, 'request', LAMBDA),
  dynamoWrite: perMillion(0.625, 'write unit', DYNAMODB),
  dynamoRead: perMillion(0.125, 'read unit', DYNAMODB),
  dynamoGbMonth: usd(0.25, 'GB-month', DYNAMODB),
  dynamoRecoveryGbMonth: usd(0.2, 'GB-month', DYNAMODB),
  snsPublish: perMillion(0.5, 'publish of up to 64 KB', 'https://aws.amazon.com/sns/pricing/'),
  sqsRequest: perMillion(0.4, 'request of up to 64 KB', 'https://aws.amazon.com/sqs/pricing/'),
  cloudFrontGb: usd(0.085, 'GB', CLOUDFRONT),
  cloudFrontRequest: usd(0.01 / 10_000, 'HTTPS request', CLOUDFRONT),
  // The first tier is of the price list; the others of a rate card of 2026, which says what AWS's page shows by script only.
  transferOutGb: {
    tiers: [
      { from: 0, figure: usd(0.09, 'GB', EC2) },
      {
        from: 10 * TB,
        figure: usd(0.085, 'GB', 'https://thenegotiationexperts.com/blog/aws-egress-data-transfer-cost-negotiation/', '2026-11-30'),
      },
      {
        from: 50 * TB,
        figure: usd(0.07, 'GB', 'https://thenegotiationexperts.com/blog/aws-egress-data-transfer-cost-negotiation/', '2026-11-30'),
      },
      {
        from: 150 * TB,
        figure: usd(0.05, 'GB', 'https://thenegotiationexperts.com/blog/aws-egress-data-transfer-cost-negotiation/', '2026-11-30'),
      },
    ],
  } satisfies TieredPrice,
  // Both directions of a byte that crosses.
  crossZoneGb: usd(0.02, 'GB, both directions together', EC2),
  natHour: usd(0.045, 'hour', VPC),
  natGb: usd(0.045, 'GB', VPC),
  interfaceEndpointHour: usd(0.01, 'zone-hour', 'https://aws.amazon.com/privatelink/pricing/'),
  publicIpv4Hour: usd(0.005, 'hour', VPC),
  webAclMonth: usd(5, 'month', WAF),
  webAclRuleMonth: usd(1, 'month', WAF),
  webAclRequest: perMillion(0.6, 'request', WAF),
  logGb: usd(0.5, 'GB', CLOUDWATCH),
  metricMonth: usd(0.3, 'month', CLOUDWATCH),
  alarmMonth: usd(0.1, 'metric and month', CLOUDWATCH),
  keyMonth: usd(1, 'month', KMS, '2026-11-30'),
  keyRequest: usd(0.03 / 10_000, 'request', 'https://www.wring.co/blog/aws-kms-pricing-guide', '2026-11-30'),
  secondTrailEvent: usd(2 / 100_000, 'event', CLOUDTRAIL, '2026-11-30'),
  appSyncOperation: perMillion(1, 'operation of up to 5 KB', APPSYNC),
  appSyncMinute: perMillion(0.08, 'connection minute', APPSYNC),
  iotMessage: perMillion(1, 'message of up to 5 KB', IOT, '2026-11-29'),
  iotMinute: perMillion(0.08, 'connection minute', IOT, '2026-11-29'),
  valkeyGbHour: usd(0.084, 'GB-hour, 0.1 GB at least', ELASTICACHE),
  valkeyUnit: perMillion(0.0023, 'ECPU', ELASTICACHE),
};

export type PriceId = keyof typeof US_EAST_1;

export const PRICES = { 'us-east-1': US_EAST_1 } as const;

export type Region = keyof typeof PRICES;

export const REGIONS = Object.keys(PRICES) as readonly Region[];
