import type { Answers } from './answers.ts';

/** A stage file has not the form that {@link configureStage} knows. */
export class StageFileError extends Error {
  override readonly name = 'StageFileError';
}

/** CloudFront's addresses have another prefix list in each region: it is looked up before the first deploy. */
const UNKNOWN_PREFIX_LIST = 'pl-00000000';

const CLOUDFRONT_EDGE = `    edge: {
      type: 'cloudfront',
      // Look it up before the first deploy: aws ec2 describe-managed-prefix-lists, com.amazonaws.global.cloudfront.origin-facing.
      originPrefixListId: '${UNKNOWN_PREFIX_LIST}',
      originReadTimeoutSeconds: 60,
      originKeepAliveSeconds: 30,
      requestsPerAddress: 10_000,
    },
`;

/**
 * The text of a file under `lib/stages/` with the answers in it. Numbers and comments stay.
 * @param path for errors
 * @throws StageFileError
 */
export function configureStage(text: string, { region, auth, edge }: Pick<Answers, 'region' | 'auth' | 'edge'>, path: string): string {
  const replace = (from: string, pattern: RegExp, to: string) => {
    if (!pattern.test(from)) throw new StageFileError(`${path} has nothing like ${pattern}`);
    return from.replace(pattern, () => to);
  };
  let configured = replace(text, /^ {4}region: '[^']*',$/m, `    region: '${region}',`);
  if (auth !== 'cognito') {
    const known = Object.entries(auth).filter(([, value]) => value !== undefined);
    const keys = known.map(([key, value]) => `        ${key}: ${JSON.stringify(value)},\n`);
    configured = replace(configured, /^ {4}auth: \{/m, `    auth: {\n      issuer: {\n${keys.join('')}      },`);
  }
  if (edge === 'cloudfront') return replace(configured, /^ {4}edge: \{\n[\s\S]*?^ {4}\},\n/m, CLOUDFRONT_EDGE);
  // The example's certificate: the configuration wants it in the stage's region.
  return configured.replaceAll(/arn:aws:acm:[a-z0-9-]+:111122223333/g, `arn:aws:acm:${region}:111122223333`);
}

/** The text of the stage behind CloudFront, which has all else from another one, without the prefix list of the template's region. */
export function forgetPrefixList(text: string): string {
  return text.replace(/pl-[0-9a-f]+/, UNKNOWN_PREFIX_LIST);
}
