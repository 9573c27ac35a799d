import type { DeployedStack } from '../deployed.ts';
import type { Facts } from '../facts.ts';
import type { Figure } from '../figure.ts';
import { item } from '../items.ts';
import { GB } from '../load.ts';
import type { Item } from '../option.ts';

/** Bytes to clients, through CloudFront where the stage has it. */
export function transferItems(
  bytes: number,
  requests: number,
  stacks: readonly DeployedStack[],
  { prices }: Facts,
  from: readonly Figure[],
): readonly Item[] {
  const options = { overlooked: true, from };
  if (stacks.some(({ distributions }) => distributions > 0)) {
    return [
      item('transfer-out', 'Data transfer out, by CloudFront', bytes / GB, 'GB', prices.cloudFrontGb, options),
      item('edge-requests', 'Requests to CloudFront', requests, 'requests', prices.cloudFrontRequest, options),
    ];
  }
  return [item('transfer-out', 'Data transfer out', bytes / GB, 'GB', prices.transferOutGb, options)];
}

/** Requests that a web ACL sees: each is billed, and logged. */
export function webAclItems(requests: number, stacks: readonly DeployedStack[], { prices, capacity }: Facts): readonly Item[] {
  if (!stacks.some(({ webAcls }) => webAcls > 0)) return [];
  return [
    item('web-acl-requests', 'Requests to the web ACL', requests, 'requests', prices.webAclRequest, { overlooked: true }),
    item('web-acl-logs', 'Logs of the web ACL', (requests * capacity.wafLogBytes.value) / GB, 'GB', prices.logGb, {
      overlooked: true,
      from: [capacity.wafLogBytes],
    }),
  ];
}
