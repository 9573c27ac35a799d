import type { Permissions } from '../iam/permission.ts';

/** What the operations of Elastic Load Balancing need. Describe operations have no resource. */
export const balancerPermissions: Permissions = {
  DescribeTargetHealth: () => [{ action: 'elasticloadbalancing:DescribeTargetHealth', resource: '*' }],
};
