import { ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import { APIGatewayClient, GetAccountCommand } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeManagedPrefixListsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { DescribeLoadBalancersCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { AccountRegion, Counted, Zone } from './account.ts';
import { found } from './found.ts';
import { readOnly } from './read-only.ts';

/** @param config of every client: Region, endpoint, times */
export function accountRegion(config: object, abortSignal: AbortSignal): AccountRegion {
  const options = { abortSignal };
  const cloudFormation = readOnly(new CloudFormationClient(config));
  const parameters = readOnly(new SSMClient(config));
  const quotas = readOnly(new ServiceQuotasClient(config));
  const ec2 = readOnly(new EC2Client(config));
  const balancers = readOnly(new ElasticLoadBalancingV2Client(config));
  const certificates = readOnly(new ACMClient(config));
  const gateway = readOnly(new APIGatewayClient(config));

  const counts: Readonly<Record<Counted, () => Promise<number>>> = {
    vpcs: async () => (await ec2.send(new DescribeVpcsCommand({}), options)).Vpcs?.length ?? 0,
    addresses: async () => (await ec2.send(new DescribeAddressesCommand({}), options)).Addresses?.length ?? 0,
    async 'load balancers'() {
      const { LoadBalancers = [] } = await balancers.send(new DescribeLoadBalancersCommand({}), options);
      return LoadBalancers.filter(({ Type }) => Type === 'application').length;
    },
  };

  return {
    async stack(StackName) {
      const asked = cloudFormation.send(new DescribeStacksCommand({ StackName }), options);
      const [stack] = (await found(/^ValidationError: .*does not exist/, asked))?.Stacks ?? [];
      if (stack === undefined) return undefined;
      const tags = Object.fromEntries((stack.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
      return { status: stack.StackStatus ?? '', tags };
    },
    async parameter(Name) {
      const answer = await found(/^ParameterNotFound/, parameters.send(new GetParameterCommand({ Name }), options));
      return answer?.Parameter?.Value;
    },
    async quota(ServiceCode, QuotaCode) {
      const which = { ServiceCode, QuotaCode };
      // Where an account has the default, the service may know no quota of the account's own.
      const own = await found(/^NoSuchResourceException/, quotas.send(new GetServiceQuotaCommand(which), options));
      const { Quota } = own ?? (await quotas.send(new GetAWSDefaultServiceQuotaCommand(which), options));
      if (Quota?.Value === undefined) throw new Error(`Service Quotas has no value for ${ServiceCode} ${QuotaCode}`);
      return Quota.Value;
    },
    count: (what) => counts[what](),
    async zones() {
      const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}), options);
      const ofDefaults = new DescribeSubnetsCommand({ Filters: [{ Name: 'default-for-az', Values: ['true'] }] });
      const { Subnets = [] } = await ec2.send(ofDefaults, options);
      return inTemplateOrder(
        AvailabilityZones.filter(({ ZoneType = 'availability-zone' }) => ZoneType === 'availability-zone').map(
          ({ ZoneName = '', ZoneId = '', State }) => ({ name: ZoneName, id: ZoneId, isAvailable: State === 'available' }),
        ),
        new Set(Subnets.map(({ AvailabilityZone = '' }) => AvailabilityZone)),
      );
    },
    async certificate(CertificateArn) {
      const asked = certificates.send(new DescribeCertificateCommand({ CertificateArn }), options);
      const { Certificate } = (await found(/^ResourceNotFoundException/, asked)) ?? {};
      if (Certificate === undefined) return undefined;
      const { Status = '', DomainName, SubjectAlternativeNames = [] } = Certificate;
      return { status: Status, names: [...new Set([...(DomainName === undefined ? [] : [DomainName]), ...SubjectAlternativeNames])] };
    },
    async prefixList(id) {
      const asked = ec2.send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] }), options);
      const [list] = (await found(/^InvalidPrefixListI[dD]/, asked))?.PrefixLists ?? [];
      return list === undefined ? undefined : { name: list.PrefixListName ?? '', maxEntries: list.MaxEntries ?? 0 };
    },
    async gatewayLogRole() {
      return (await gateway.send(new GetAccountCommand({}), options)).cloudwatchRoleArn;
    },
  };
}

/**
 * `Fn::GetAZs` lists those with a default subnet, and all if there is none.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html
 */
function inTemplateOrder(zones: readonly Zone[], withDefaultSubnet: ReadonlySet<string>): readonly Zone[] {
  return zones
    .filter(({ name }) => withDefaultSubnet.size === 0 || withDefaultSubnet.has(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
