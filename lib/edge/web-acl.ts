import { Names } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { LaneLogGroup } from '../lane-log-group.ts';
import { RATE_WINDOW_SECONDS } from './edge-settings.ts';

/** WAF only writes to log groups with this prefix. */
const LOG_GROUP_PREFIX = 'aws-waf-logs-';

/**
 * Matches a length of seven digits or more: at least a million bytes. The service accepts bodies of up to 640
 * KiB, which is what an event of 96 KiB can become in JSON. WAF itself sees only the first 8 to 64 KiB of a
 * body, so this rule uses the declared length; the service cuts off a body without one.
 */
const OVERSIZE_LENGTH = '^[0-9]{7,}$';

/**
 * Rules that are counted instead of enforced, since they would stop what the lanes are for.
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html (2026-11)
 */
const COUNTED: Readonly<Record<string, readonly string[]>> = {
  AWSManagedRulesCommonRuleSet: [
    // Bodies of more than 8 KiB: events have up to 96 KiB.
    'SizeRestrictions_BODY',
    // Queries of more than 2 KiB: a token and the cursor of 32 channels.
    'SizeRestrictions_QUERYSTRING',
    // Cookies of more than 10 KiB: a page's own cookies are sent together with the session cookie.
    'SizeRestrictions_Cookie_HEADER',
    // Events are free text, and a chat about HTML, paths or addresses is not an attack: nothing here renders
    // or resolves it.
    'CrossSiteScripting_BODY',
    'GenericLFI_BODY',
    'GenericRFI_BODY',
    'EC2MetaDataSSRF_BODY',
    // Channels stand in paths and queries, and may be called app.log, config.ini or 169.254.169.254.
    'RestrictedExtensions_URIPATH',
    'RestrictedExtensions_QUERYARGUMENTS',
    'EC2MetaDataSSRF_URIPATH',
    'EC2MetaDataSSRF_QUERYARGUMENTS',
    // The path of the channel `a..` holds `a../`. Nothing here reads files by the path of a request.
    'GenericLFI_URIPATH',
    // Programs that use an HTTP library directly send no User-Agent.
    'NoUserAgent_HEADER',
  ],
  AWSManagedRulesKnownBadInputsRuleSet: [
    // Events are free text, and nothing here runs Java or renders React.
    'JavaDeserializationRCE_BODY',
    'Log4JRCE_BODY',
    'ReactJSRCE_BODY',
    // Channels may be called web-inf or java.lang.Runtime.
    'ExploitablePaths_URIPATH',
    'JavaDeserializationRCE_URIPATH',
    'JavaDeserializationRCE_QUERYSTRING',
  ],
};

/** Headers that may contain a token. The log lists them with the value `REDACTED`. */
const SECRET_HEADERS = ['authorization', 'cookie', 'sec-websocket-protocol'];

export interface WebAclProps {
  /** `CLOUDFRONT` only in us-east-1. */
  readonly scope: 'REGIONAL' | 'CLOUDFRONT';
  /** Requests that one address may send in five minutes. */
  readonly requestsPerAddress: number;
  readonly logRetention: RetentionDays;
}

/**
 * Blocks floods, oversized bodies and known attacks before they reach a lane. A stream counts as one request.
 */
export class WebAcl extends Construct {
  readonly acl: CfnWebACL;
  readonly log: LaneLogGroup;

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const rules: readonly Omit<CfnWebACL.RuleProperty, 'priority' | 'visibilityConfig'>[] = [
      {
        name: 'RatePerAddress',
        action: { block: { customResponse: { responseCode: 429 } } },
        statement: {
          rateBasedStatement: { aggregateKeyType: 'IP', limit: props.requestsPerAddress, evaluationWindowSec: RATE_WINDOW_SECONDS },
        },
      },
      {
        name: 'OversizeBody',
        action: { block: { customResponse: { responseCode: 413 } } },
        statement: {
          regexMatchStatement: {
            fieldToMatch: { singleHeader: { Name: 'content-length' } },
            regexString: OVERSIZE_LENGTH,
            textTransformations: [{ priority: 0, type: 'NONE' }],
          },
        },
      },
      ...Object.entries(COUNTED).map(([name, counted]) => ({
        name,
        overrideAction: { none: {} },
        statement: {
          managedRuleGroupStatement: {
            vendorName: 'AWS',
            name,
            ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
          },
        },
      })),
    ];
    this.acl = new CfnWebACL(this, 'Acl', {
      scope: props.scope,
      defaultAction: { allow: {} },
      visibilityConfig: visibility(id),
      rules: rules.map((rule, priority) => ({ ...rule, priority, visibilityConfig: visibility(rule.name) })),
    });
    this.log = new LaneLogGroup(this, 'Log', {
      retention: props.logRetention,
      name: `${LOG_GROUP_PREFIX}${Names.uniqueResourceName(this, { maxLength: 200 })}`,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.acl.attrArn,
      logDestinationConfigs: [this.log.deliveryArn],
      redactedFields: [{ queryString: {} }, ...SECRET_HEADERS.map((name) => ({ singleHeader: { Name: name } }))],
    });
  }

  /** Puts a load balancer behind a web ACL of scope `REGIONAL`. */
  protect(resourceArn: string): void {
    new CfnWebACLAssociation(this, 'Association', { resourceArn, webAclArn: this.acl.attrArn });
  }
}

const visibility = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  // Samples show requests with their query and headers, which may contain tokens.
  sampledRequestsEnabled: false,
});
