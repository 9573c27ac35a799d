import { join } from 'node:path';
import {
  type BehaviorOptions,
  CachePolicy,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { Construct } from 'constructs';

/**
 * How a distribution reaches API Gateway.
 * @param scope the distribution's construct
 * @param apiDomainName domain name of the API itself
 */
export function webSocketBehavior(scope: Construct, apiDomainName: string): BehaviorOptions {
  const viewerHost = new EdgeFunction(scope, 'ViewerHost', {
    comment: 'Tells the WebSocket lane by which host the client came',
    runtime: FunctionRuntime.JS_2_0,
    code: FunctionCode.fromFile({ filePath: join(import.meta.dirname, 'viewer-host.js') }),
  });
  return {
    origin: new HttpOrigin(apiDomainName, { protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY }),
    // Forwards Sec-WebSocket-*, cookies and query, but not `Host`, by which API Gateway finds its API.
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    compress: false,
    // A redirect would come too late: the token would already have been sent unencrypted.
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    functionAssociations: [{ function: viewerHost, eventType: FunctionEventType.VIEWER_REQUEST }],
  };
}
