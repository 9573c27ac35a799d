import { describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as fc from 'fast-check';
import { WebAcl } from '../../../lib/edge/web-acl.ts';
import { parseChannel } from '../../../packages/protocol/channel.ts';
import { channelName } from '../../support/arbitraries.ts';
import { testStack } from '../harness.ts';

/**
 * What AWS documents of the rules that inspect paths and queries, as patterns. Its own are not public, so these are wider than its
 * examples. https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html (2026-11)
 */
const CHANNEL_RULES: readonly (readonly [rule: string, pattern: RegExp])[] = ['URIPATH', 'QUERYARGUMENTS'].flatMap((part) => [
  [`RestrictedExtensions_${part}`, /\.(log|ini|conf|config|bak|backup|sql|sys|key|pem|cfg|dll|exe|mdb)\b/i] as const,
  [`EC2MetaDataSSRF_${part}`, /169\.254\.169\.254|fd00:ec2/i] as const,
  [`GenericLFI_${part}`, /\.\.[/\\]|[/\\]\.\./] as const,
  [`GenericRFI_${part}`, /:\/\//] as const,
  [`CrossSiteScripting_${part}`, /[<>"'`]/] as const,
  [`SizeRestrictions_${part}`, part === 'URIPATH' ? /^.{1025,}$/ : /^.{1000000,}$/] as const,
  [`Log4JRCE_${part === 'URIPATH' ? part : 'QUERYSTRING'}`, /\$\{/] as const,
  [`JavaDeserializationRCE_${part === 'URIPATH' ? part : 'QUERYSTRING'}`, /java\.lang|runtime|processbuilder/i] as const,
  [`ExploitablePaths_${part}`, part === 'URIPATH' ? /web-inf|\.git|\.env/i : /^(?!)/] as const,
]);

const BODY_RULES = [
  'SizeRestrictions_BODY',
  'CrossSiteScripting_BODY',
  'GenericLFI_BODY',
  'GenericRFI_BODY',
  'EC2MetaDataSSRF_BODY',
  'JavaDeserializationRCE_BODY',
  'Log4JRCE_BODY',
  'ReactJSRCE_BODY',
];

const stack = testStack();
new WebAcl(stack, 'WebAcl', { scope: 'REGIONAL', requestsPerAddress: 1_234, logRetention: 7 }).protect('arn:of-a-load-balancer');
const template = Template.fromStack(stack);

interface Rule {
  readonly Name: string;
  readonly Statement: {
    readonly RegexMatchStatement?: { readonly RegexString: string };
    readonly ManagedRuleGroupStatement?: { readonly RuleActionOverrides: readonly { readonly Name: string }[] };
  };
}

const rules: readonly Rule[] = Object.values(template.findResources('AWS::WAFv2::WebACL'))[0]?.['Properties'].Rules;

describe('the web ACL', () => {
  test('protects its load balancer', () => {
    template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', { ResourceArn: 'arn:of-a-load-balancer' });
  });

  test('blocks an address that sends too much, with 429', () => {
    template.hasResourceProperties('AWS::WAFv2::WebACL', {
      DefaultAction: { Allow: {} },
      Rules: Match.arrayWith([
        Match.objectLike({
          Name: 'RatePerAddress',
          Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
          Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 1_234, EvaluationWindowSec: 300 } },
        }),
      ]),
    });
  });

  test.each([
    [640 * 1024, false],
    [999_999, false],
    [1_000_000, true],
    [10_737_418_240, true],
  ])('a body of %i bytes is oversize: %s', (length, oversize) => {
    const pattern = rules.find(({ Name }) => Name === 'OversizeBody')?.Statement.RegexMatchStatement?.RegexString;
    expect(new RegExp(pattern ?? '').test(String(length))).toBe(oversize);
  });

  const counted = (group: string) =>
    rules.find(({ Name }) => Name === group)?.Statement.ManagedRuleGroupStatement?.RuleActionOverrides.map(({ Name }) => Name) ?? [];

  test('uses the rules of AWS, and only counts those that would stop events, channels, cursors and cookies', () => {
    expect(counted('AWSManagedRulesKnownBadInputsRuleSet')).toEqual([
      'JavaDeserializationRCE_BODY',
      'Log4JRCE_BODY',
      'ReactJSRCE_BODY',
      'ExploitablePaths_URIPATH',
      'JavaDeserializationRCE_URIPATH',
      'JavaDeserializationRCE_QUERYSTRING',
    ]);
    expect(counted('AWSManagedRulesCommonRuleSet')).toEqual([
      'SizeRestrictions_BODY',
      'SizeRestrictions_QUERYSTRING',
      'SizeRestrictions_Cookie_HEADER',
      'CrossSiteScripting_BODY',
      'GenericLFI_BODY',
      'GenericRFI_BODY',
      'EC2MetaDataSSRF_BODY',
      'RestrictedExtensions_URIPATH',
      'RestrictedExtensions_QUERYARGUMENTS',
      'EC2MetaDataSSRF_URIPATH',
      'EC2MetaDataSSRF_QUERYARGUMENTS',
      'GenericLFI_URIPATH',
      'NoUserAgent_HEADER',
    ]);
  });

  const isCounted = (rule: string) =>
    [...counted('AWSManagedRulesCommonRuleSet'), ...counted('AWSManagedRulesKnownBadInputsRuleSet')].includes(rule);

  test('enforces no rule that inspects bodies: events are free text', () => {
    const bodies = [...BODY_RULES].filter((rule) => !isCounted(rule));
    expect(bodies).toEqual([]);
  });

  /** The rules that would block a request for a channel, by its path or its query. */
  const blocking = (channel: string) => {
    const path = `/v1/channels/${encodeURIComponent(channel)}/events`;
    const query = `channel=${channel}&after=${channel}=k3f9x2.8`;
    return CHANNEL_RULES.filter(([rule, pattern]) => !isCounted(rule) && pattern.test(rule.includes('QUERY') ? query : path)).map(
      ([rule]) => rule,
    );
  };

  test.each([
    'app.log',
    'config.ini',
    'a.bak',
    'db.sql',
    '169.254.169.254',
    'web-inf',
    'java.lang.Runtime',
    'a..b',
    '..a',
    'etc.passwd',
    'http::x',
    'javascript:alert',
    'onload',
    'x'.repeat(128),
  ])('lets the channel %s through', (channel) => expect(blocking(parseChannel(channel))).toEqual([]));

  test('lets every channel through', () => {
    fc.assert(fc.property(channelName, (channel) => blocking(channel).length === 0));
  });

  test.each(['/v1/<script>alert(1)</script>', '/v1/http://10.0.0.1/x', `/v1/\${jndi:ldap://x}`])('still blocks %s', (path) => {
    expect(CHANNEL_RULES.filter(([rule, pattern]) => !isCounted(rule) && pattern.test(path))).not.toEqual([]);
  });

  test('logs what it does without what may be a token', () => {
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: Match.stringLikeRegexp('^aws-waf-logs-'), RetentionInDays: 7 });
    template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      RedactedFields: [
        { QueryString: {} },
        ...['authorization', 'cookie', 'sec-websocket-protocol'].map((Name) => ({ SingleHeader: { Name } })),
      ],
    });
  });
});
