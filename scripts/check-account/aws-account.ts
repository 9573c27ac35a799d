import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { ListHostedZonesByNameCommand, Route53Client } from '@aws-sdk/client-route-53';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Account, AccountRegion } from './account.ts';
import { accountRegion } from './aws-region.ts';
import { readOnly } from './read-only.ts';

export interface AwsOptions {
  /** Of the stage. */
  readonly region: string;
  /** Instead of AWS's own, for an emulator. */
  readonly endpoint: string | undefined;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** The account could not be asked at all. */
export class NoAccountError extends Error {
  override readonly name = 'NoAccountError';
}

/** So that a command ends where packets disappear. */
const TIMES = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true } as const;

/**
 * The account of the caller, as the AWS SDK finds their credentials: environment, profile, SSO, role of the machine.
 * @throws NoAccountError
 */
export async function openAccount({ region, endpoint, signal }: AwsOptions): Promise<Account & { readonly caller: string }> {
  const configIn = (name: string) => ({ region: name, requestHandler: TIMES, ...(endpoint !== undefined && { endpoint }) });
  const config = configIn(region);
  const options = { abortSignal: signal };
  const iam = readOnly(new IAMClient(config));
  const dns = readOnly(new Route53Client(config));
  const regions = new Map<string, AccountRegion>();
  const { id, caller } = await identify(new STSClient(config), signal, endpoint);

  return {
    id,
    caller,
    async hasServiceRole(service) {
      const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: `/aws-service-role/${service}/` }), options);
      return Roles.length > 0;
    },
    async hasHostedZone(name) {
      const { HostedZones = [] } = await dns.send(new ListHostedZonesByNameCommand({ DNSName: name, MaxItems: 10 }), options);
      return HostedZones.some(({ Name, Config }) => Name === `${name}.` && Config?.PrivateZone !== true);
    },
    in(name) {
      const known = regions.get(name) ?? accountRegion(configIn(name), signal);
      regions.set(name, known);
      return known;
    },
  };
}

async function identify(client: STSClient, signal: AbortSignal, endpoint: string | undefined) {
  try {
    const { Account: id = '', Arn: caller = '' } = await readOnly(client).send(new GetCallerIdentityCommand({}), { abortSignal: signal });
    return { id, caller };
  } catch (cause) {
    signal.throwIfAborted();
    const place = endpoint === undefined ? 'AWS' : endpoint;
    throw new NoAccountError(`${place} does not say whose account this is: check your credentials (aws sts get-caller-identity)`, {
      cause,
    });
  }
}
