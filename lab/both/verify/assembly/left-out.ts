import type { Resource } from './template.ts';

/** Reasons by resource type, or by what {@link kindOf} makes of it. */
export type LeftOutTypes = Readonly<Record<string, string>>;

/**
 * The one list of what `npm run verify:deploy` does not hand to MiniStack, and why. A type that is refused and is not
 * listed fails the deployment with its name: it then belongs here, with a reason, or into the emulator.
 */
export const LEFT_OUT: LeftOutTypes = {
  'AWS::EC2::EIP': 'MiniStack has no elastic IP addresses in CloudFormation',
  'AWS::EC2::NatGateway': 'MiniStack has no NAT gateways in CloudFormation',
  'AWS::EC2::FlowLog': 'MiniStack has no network to log',
  'AWS::EC2::SecurityGroupEgress': 'MiniStack takes rules inside a security group only; nothing there is cut off by them',
  'AWS::EC2::SecurityGroupIngress': 'MiniStack takes rules inside a security group only; nothing there is cut off by them',
  'AWS::CloudWatch::Alarm': 'MiniStack takes no metric math in alarms, and none would ever go off: it records no metrics of its own',
  'AWS::ApplicationAutoScaling::ScalableTarget': 'MiniStack scales nothing: it runs no containers',
  'AWS::ApplicationAutoScaling::ScalingPolicy': 'MiniStack scales nothing: it runs no containers',
  'AWS::CodeDeploy::Application': 'MiniStack has no CodeDeploy: it sends all traffic to a new version at once',
  'AWS::ElasticLoadBalancingV2::Listener that redirects': 'MiniStack answers for all listeners of a load balancer by its first',
  'Custom::CDKBucketDeployment':
    "the CDK's function answers over HTTPS only, which MiniStack does not speak: the deployment would wait for ever",
  'Custom::S3AutoDeleteObjects':
    "the CDK's function answers over HTTPS only, which MiniStack does not speak: the deployment would wait for ever",
  'AWS::CloudFront::VpcOrigin': 'MiniStack has no distribution that reaches into a VPC: the scenario speaks to the load balancer itself',
  'AWS::Logs::Delivery': 'MiniStack delivers no access logs of CloudFront',
  'AWS::Logs::DeliveryDestination': 'MiniStack delivers no access logs of CloudFront',
  'AWS::WAFv2::LoggingConfiguration': 'MiniStack filters no requests',
  'AWS::WAFv2::WebACL': 'MiniStack filters no requests',
  'AWS::WAFv2::WebACLAssociation': 'MiniStack filters no requests',
};

/** The type, and what it does where that matters to {@link LEFT_OUT}. */
export function kindOf({ Type, Properties }: Resource): string {
  const actions = JSON.stringify(Properties?.['DefaultActions'] ?? '');
  return actions.includes('"Type":"redirect"') ? `${Type} that redirects` : Type;
}
