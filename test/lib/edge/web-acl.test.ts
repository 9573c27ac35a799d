import { describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { WebAcl } from '../../../lib/edge/web-acl.ts';
import { testStack } from '../harness.ts';

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

  test('uses the rules of AWS, and only counts those that would block events, cursors and cookies', () => {
    const counted = (group: string) =>
      rules.find(({ Name }) => Name === group)?.Statement.ManagedRuleGroupStatement?.RuleActionOverrides.map(({ Name }) => Name);
    expect(counted('AWSManagedRulesKnownBadInputsRuleSet')).toEqual([]);
    expect(counted('AWSManagedRulesCommonRuleSet')).toEqual([
      'SizeRestrictions_BODY',
      'SizeRestrictions_QUERYSTRING',
      'SizeRestrictions_Cookie_HEADER',
      'CrossSiteScripting_BODY',
      'GenericLFI_BODY',
      'GenericRFI_BODY',
      'EC2MetaDataSSRF_BODY',
      'NoUserAgent_HEADER',
    ]);
  });

  test('logs what it does, without headers that may be a token', () => {
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: Match.stringLikeRegexp('^aws-waf-logs-'), RetentionInDays: 7 });
    template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      RedactedFields: [
        { QueryString: {} },
        ...['authorization', 'cookie', 'sec-websocket-protocol'].map((Name) => ({ SingleHeader: { Name } })),
      ],
    });
  });
});
