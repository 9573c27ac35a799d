import { ZONES_WITHOUT_FARGATE, ZONES_WITHOUT_VPC_ORIGINS } from '../../../lib/unsupported-zones.ts';
import type { Account, Zone } from '../account.ts';
import { hasType, type PlannedStack, type Properties, propertiesOf } from '../assembly.ts';
import { type Check, type Finding, ok, problem } from '../finding.ts';

/** Whether the Availability Zones of the subnets exist, and have what is put there. */
export function zoneChecks(stacks: readonly PlannedStack[], account: Account): readonly Check[] {
  return [...Map.groupBy(stacks, ({ region }) => region)]
    .filter(([, inRegion]) => hasType(inRegion, 'AWS::EC2::Subnet'))
    .map(([region, inRegion]) => ({
      about: `Availability Zones of ${region}`,
      async run() {
        const zones = await account.in(region).zones();
        const unsupported = unsupportedZones(stacks);
        const chosen = new Map(propertiesOf(inRegion, 'AWS::EC2::Subnet').map((subnet) => [describe(subnet), zoneOf(subnet, zones)]));
        const others = zones.filter(({ id, isAvailable }) => isAvailable && !unsupported.has(id)).map(({ id }) => id);
        return [...chosen].map(([wanted, zone]) => judge(wanted, zone, unsupported, others));
      },
    }));
}

function judge(wanted: string, zone: Zone | undefined, unsupported: ReadonlyMap<string, string>, others: readonly string[]): Finding {
  const fix = `name two of ${others.join(', ')} in the setting zoneIds of the lane`;
  if (zone === undefined) return problem(`Availability Zone ${wanted}: the account has none`, fix);
  const named = `Availability Zone ${zone.name} (${zone.id})`;
  if (!zone.isAvailable) return problem(`${named}: is not available at the moment`, fix);
  const lacks = unsupported.get(zone.id);
  return lacks === undefined ? ok(`${named}: has what is put there`) : problem(`${named}: ${lacks}`, fix);
}

/** What zones lack of what the stacks need, by their ids. */
function unsupportedZones(stacks: readonly PlannedStack[]): ReadonlyMap<string, string> {
  const of = (type: string, zones: readonly string[], lacks: string) =>
    hasType(stacks, type) ? zones.map((id) => [id, lacks] as const) : [];
  return new Map([
    ...of('AWS::CloudFront::VpcOrigin', ZONES_WITHOUT_VPC_ORIGINS, 'CloudFront reaches no load balancer there'),
    ...of('AWS::ECS::Service', ZONES_WITHOUT_FARGATE, 'has no Fargate'),
  ]);
}

const describe = ({ AvailabilityZoneId, AvailabilityZone }: Properties): string =>
  AvailabilityZoneId ??
  (typeof AvailabilityZone === 'string' ? AvailabilityZone : `number ${indexOf(AvailabilityZone) + 1} of the account`);

/** A subnet names the id of its zone, the name, or its place in the list of the account. */
function zoneOf({ AvailabilityZoneId, AvailabilityZone }: Properties, zones: readonly Zone[]): Zone | undefined {
  if (AvailabilityZoneId !== undefined) return zones.find(({ id }) => id === AvailabilityZoneId);
  if (typeof AvailabilityZone === 'string') return zones.find(({ name }) => name === AvailabilityZone);
  return zones[indexOf(AvailabilityZone)];
}

/** @param value `{ 'Fn::Select': [index, { 'Fn::GetAZs': … }] }` */
const indexOf = (value: Properties): number => Number(value['Fn::Select'][0]);
