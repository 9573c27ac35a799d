import type { StackProps } from 'aws-cdk-lib';
import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { IWebSocketApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { AccessControl } from '../access/access-control.ts';
import type { Stage } from '../config.ts';
import { DistributionLog } from './access-log.ts';
import { ConsoleBucket } from './console-bucket.ts';
import { ConsoleFiles } from './console-files.ts';
import type { DistributionEdge } from './edge-config.ts';
import { EdgeDistribution } from './edge-distribution.ts';
import { WebAcl } from './web-acl.ts';

/** What a distribution can have behind it. Either lane may be missing. */
export interface Lanes {
  sse?: { readonly loadBalancer: ApplicationLoadBalancer };
  webSocket?: { readonly api: { readonly api: IWebSocketApi }; readonly url: string };
}

export interface EdgeStackProps extends StackProps {
  readonly stage: Stage;
  readonly edge: DistributionEdge;
  /** How users of the console sign in. */
  readonly access: Pick<AccessControl, 'signIn' | 'signInOrigins'>;
  readonly lanes: Readonly<Lanes>;
}

/** CloudFront in front of both lanes, with its web ACL and logs: in us-east-1, wherever the lanes are. No lane knows of it. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, { stage, edge, access, lanes, ...props }: EdgeStackProps) {
    super(scope, id, { description: 'realtime-lanes: CloudFront in front of both lanes', ...props });
    const logRetention = stage.logRetentionDays;
    const { acl } = new WebAcl(this, 'WebAcl', { scope: 'CLOUDFRONT', requestsPerAddress: edge.requestsPerAddress, logRetention });
    // lane: sse
    // The console signs in and publishes by the service, so it comes with it.
    const console = lanes.sse !== undefined && stage.sse.console ? new ConsoleBucket(this, 'Console', stage) : undefined;
    // end lane
    const { distribution } = new EdgeDistribution(this, 'Edge', {
      edge,
      // lane: sse
      consoleBucket: console?.bucket,
      // Both lanes are on its own host.
      connectTo: console && access.signInOrigins,
      loadBalancer: lanes.sse?.loadBalancer,
      // end lane
      webSocket: lanes.webSocket && {
        apiDomainName: `${lanes.webSocket.api.api.apiId}.execute-api.${stage.region}.${this.urlSuffix}`,
        stageName: stage.id,
      },
      webAclArn: acl.attrArn,
    });
    new DistributionLog(this, 'AccessLog', { distribution, logRetention });

    if (edge.host === undefined) {
      Annotations.of(this).addInfo(
        `Users can sign in to the console once edge.host in lib/stages/${stage.id}.ts is the output Host of this stack, and the stage is deployed again.`,
      );
    }
    const host = edge.host ?? distribution.distributionDomainName;
    const webSocketUrl = lanes.webSocket && `wss://${host}/${stage.id}`;
    // lane: sse
    if (console !== undefined) {
      const config = { websocket: webSocketUrl, signIn: access.signIn };
      new ConsoleFiles(this, 'ConsoleFiles', { bucket: console.bucket, config, logRetention });
    }
    // end lane
    new CfnOutput(this, 'Host', { description: 'Host name that CloudFront has assigned', value: distribution.distributionDomainName });
    new CfnOutput(this, 'HttpsUrl', { description: 'Where SSE clients connect, and the console', value: `https://${host}` });
    if (webSocketUrl !== undefined) {
      new CfnOutput(this, 'WebSocketUrl', { description: 'Where WebSocket clients connect', value: webSocketUrl });
    }
  }
}
