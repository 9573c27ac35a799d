/*
 * Availability Zones in which something that the stacks are made of does not exist, by their ids, which are the same in every account.
 */

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html (2026-11) */
export const ZONES_WITHOUT_FARGATE: readonly string[] = ['usw1-az2', 'apne1-az3'];

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html (2026-11) */
export const ZONES_WITHOUT_VPC_ORIGINS: readonly string[] = ['use1-az3', 'usw1-az2', 'apne1-az3', 'cac1-az3'];
