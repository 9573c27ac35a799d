import { parseStage, type Stage } from '../../lib/stage.ts';
import { dev as shippedDev } from '../../lib/stages/dev.ts';
import { preview as shippedPreview } from '../../lib/stages/preview.ts';
import { prod as shippedProd } from '../../lib/stages/prod.ts';

/*
 * The shipped stages for tests that are about one edge, or about who gives the tokens: `dev` and `prod` behind a load balancer,
 * `preview` behind CloudFront, each with users of its own, whatever a project has chosen for its stages.
 */

function fixed(stage: Stage, edge: object): Stage {
  const { issuer: _, ...auth } = stage.auth;
  return parseStage({ ...stage, auth, edge }, `${stage.id} of the tests`);
}

function behindLoadBalancer(stage: Stage, domainName: string, plainHttp: 'forward' | 'redirect'): Stage {
  const certificateArn = `arn:aws:acm:${stage.region}:111122223333:certificate/00000000-0000-0000-0000-000000000000`;
  return fixed(stage, { type: 'alb', domainName, certificateArn, plainHttp, requestsPerAddress: 10_000 });
}

export const dev = behindLoadBalancer(shippedDev, 'lanes-dev.example.com', 'forward');
export const prod = behindLoadBalancer(shippedProd, 'lanes.example.com', 'redirect');
export const preview = fixed(shippedPreview, shippedPreview.edge);
