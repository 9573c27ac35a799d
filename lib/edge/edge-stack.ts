import type { IStackSynthesizer, StackProps } from 'aws-cdk-lib';
import { Annotations, CfnOutput, CrossStackReferences, ReferenceStrength, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { LaneStack } from '../lane.ts';
import type { StageBase } from '../stage-base.ts';
import { DistributionLog } from './access-log.ts';
import { EdgeDistribution } from './edge-distribution.ts';
import type { DistributionEdge } from './edge-settings.ts';
import { MarkedReferences } from './marked-references.ts';
import { WebAcl } from './web-acl.ts';

export interface EdgeStackProps extends StackProps {
  readonly stage: StageBase;
  readonly edge: DistributionEdge;
  /** At least one. */
  readonly lanes: readonly LaneStack[];
}

/**
 * CloudFront in front of all lanes, with its logs and, where the stage wants one, its web ACL: in us-east-1, wherever the lanes are. No lane
 * depends on it.
 */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, { stage, edge, lanes, ...props }: EdgeStackProps) {
    super(scope, id, {
      description: 'realtime-lanes: CloudFront in front of both lanes',
      // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
      synthesizer: new MarkedReferences() as IStackSynthesizer,
      ...props,
    });
    // CloudFormation has strong ones within a Region only.
    CrossStackReferences.of(this).consume(ReferenceStrength.WEAK);
    const logRetention = stage.logRetentionDays;
    const { requestsPerAddress } = edge;
    const webAcl =
      requestsPerAddress === null ? undefined : new WebAcl(this, 'WebAcl', { scope: 'CLOUDFRONT', requestsPerAddress, logRetention });
    const parts = lanes.map((lane) => lane.behind(this, { edge, region: stage.region }));
    const { distribution } = new EdgeDistribution(this, 'Edge', { edge, parts, webAclArn: webAcl?.acl.attrArn });
    new DistributionLog(this, 'AccessLog', { distribution, logRetention });

    if (edge.host === undefined) {
      Annotations.of(this).addInfo(
        `Users can sign in to the console once edge.host in lib/stages/${stage.id}.ts is the output Host of this stack, and the stage is deployed again.`,
      );
    }
    const host = edge.host ?? distribution.distributionDomainName;
    const urls = Object.fromEntries(parts.map(({ lane, url }) => [lane, url(host)]));
    for (const part of parts) part.finish?.(urls);

    new CfnOutput(this, 'Host', { description: 'Host name that CloudFront has assigned', value: distribution.distributionDomainName });
    for (const { lane, output } of parts) new CfnOutput(this, output.id, { description: output.description, value: urls[lane] ?? '' });
  }
}
