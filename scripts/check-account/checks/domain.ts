import type { EdgeSettings } from '../../../lib/edge/edge-settings.ts';
import { placeholdersOf } from '../../../lib/placeholders.ts';
import type { Account, Certificate } from '../account.ts';
import { type Check, type Finding, ok, problem, warning } from '../finding.ts';

/** Whether the stage's certificate can be used for its domain, and where the domain's DNS record goes. */
export function domainChecks(edge: EdgeSettings, account: Account): readonly Check[] {
  const domain = edge.type === 'alb' ? edge.domainName : edge.host;
  const { certificateArn } = edge;
  // One that CloudFront assigns needs neither; placeholders are reported as such.
  if (domain === undefined || certificateArn === undefined || placeholdersOf({ domain, certificateArn }).length > 0) return [];
  return [
    { about: `certificate ${certificateArn}`, run: async () => [await judgeCertificate(certificateArn, domain, account)] },
    { about: `hosted zone of ${domain}`, run: async () => [await findHostedZone(domain, account)] },
  ];
}

async function judgeCertificate(arn: string, domain: string, account: Account): Promise<Finding> {
  const [, , , region = '', owner = ''] = arn.split(':');
  const request = `aws acm request-certificate --domain-name ${domain} --validation-method DNS --region ${region}`;
  if (owner !== account.id) return problem(`certificate ${arn}: belongs to account ${owner}, not ${account.id}`, request);
  const certificate = await account.in(region).certificate(arn);
  if (certificate === undefined) return problem(`certificate ${arn}: there is none in ${region}`, request);
  if (certificate.status !== 'ISSUED') {
    return problem(
      `certificate ${arn}: ${certificate.status}, only an issued one can be used`,
      `aws acm describe-certificate --certificate-arn ${arn} --region ${region}`,
    );
  }
  if (!covers(certificate, domain)) {
    return problem(`certificate ${arn}: is for ${certificate.names.join(', ')}, and not for ${domain}`, request);
  }
  return ok(`certificate ${arn}: issued, for ${domain}`);
}

/** A wildcard stands for one label (RFC 6125). */
const covers = ({ names }: Certificate, domain: string): boolean =>
  names.some((name) => name === domain || (name.startsWith('*.') && name.slice(1) === domain.slice(domain.indexOf('.'))));

async function findHostedZone(domain: string, account: Account): Promise<Finding> {
  const labels = domain.split('.');
  // A top-level domain is nobody's zone.
  const names = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
  for (const name of names) {
    if (await account.hasHostedZone(name)) return ok(`hosted zone of ${domain}: ${name}, whose record is to be added after the deploy`);
  }
  return warning(`hosted zone of ${domain}: the account has none, so its record is to be added where the DNS of the domain is`);
}
