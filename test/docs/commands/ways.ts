/** How each documented command is checked. A command that fits none of these fails a test: give it a way here. */

/**
 * - `live`: runs as it stands against a local run (test/e2e/shared/documented-commands.test.ts);
 * - `variable`: sets what later lines use, which the same test gives;
 * - `options`: takes long or changes things, so it is not run: its script is asked for `--help`, which has to know every option;
 * - `stage`: needs an AWS account: the CDK's own help has to know the options, and the stage has to exist. What it would deploy is checked
 *   by test/lib/app.test.ts, and deployed by `npm run verify:deploy`;
 * - `elsewhere`: a file of the repository runs it, or what it stands for;
 * - `theirs`: only somebody else's account or repository can answer it.
 */
export type Way =
  | { readonly kind: 'live' | 'variable' | 'options' | 'stage' }
  | { readonly kind: 'elsewhere'; readonly file: string }
  | { readonly kind: 'theirs'; readonly reason: string };

const elsewhere = (file: string): Way => ({ kind: 'elsewhere', file });

const WAYS: readonly (readonly [pattern: RegExp, way: Way])[] = [
  [/^([A-Z]+=|read -rs [A-Z_]+$|export [A-Z_]+)/, { kind: 'variable' }],
  [/^(curl|npx wscat) /, { kind: 'live' }],
  [/^npm run load -- --url …$/, { kind: 'options' }],
  [/^npm run load -- /, { kind: 'live' }],
  [/^npm start --silent -- --json$/, { kind: 'live' }],
  [/^npm ci$/, elsewhere('.ci/run')],
  [/^npm test$/, elsewhere('.ci/run')],
  [/^npm audit$/, elsewhere('.ci/run')],
  [/^npm run (deps|lint|typecheck|test:\w+)$/, elsewhere('package.json')],
  [/^npm run (findings|diagram)$/, elsewhere('test/lib/app.test.ts')],
  [/^npm run secrets$/, elsewhere('test/scripts/find-secrets.test.ts')],
  [/^(npm run build:client|npm run build|node packages\/client\/build\.ts)$/, elsewhere('packages/client/test/package.test.ts')],
  [/^npm (pack|install <tarball>)$/, elsewhere('packages/client/test/published/main.ts')],
  [/^npm (start|run )/, { kind: 'options' }],
  [/^(npx )?cdk (bootstrap|deploy|destroy|diff|import|list|synth|rollback)\b/, { kind: 'stage' }],
  [/^(find|sed) /, { kind: 'theirs', reason: 'it deletes a lane; test/lib/both/one-lane.test.ts does that to a copy' }],
  [/^git /, { kind: 'theirs', reason: 'it changes the clone of whoever types it, and <url> is where the template came from' }],
  [/^aws (events put-events|lambda invoke) /, elsewhere('test/e2e/shared/publish-page.test.ts')],
  [
    /^aws cloudformation (delete-stack|describe-stacks|update-termination-protection) /,
    { kind: 'theirs', reason: 'the local run prints its outputs, and has no CloudFormation' },
  ],
  [/^aws iam create-service-linked-role /, { kind: 'theirs', reason: 'the local run has no roles of services' }],
  [/^aws cognito-idp /, { kind: 'theirs', reason: 'the local run has an issuer of its own in the place of Cognito' }],
  [
    /^aws (dynamodb update-table|elbv2 modify-load-balancer-attributes) /,
    { kind: 'theirs', reason: 'they take the protection off what a failed deploy left' },
  ],
  [
    /^aws (dynamodb delete-table|logs delete-log-group|resourcegroupstaggingapi get-resources|s3 rb|sqs delete-queue) /,
    { kind: 'theirs', reason: 'they find and delete what a stage leaves in an account' },
  ],
  [/^aws sqs start-message-move-task /, { kind: 'theirs', reason: 'the local run does not move dead letters back' }],
  [/^aws ec2 describe-(availability-zones|managed-prefix-lists) /, { kind: 'theirs', reason: 'the local run has no network of AWS' }],
];

/** The first way that fits. */
export function wayOf(command: string): Way | undefined {
  return WAYS.find(([pattern]) => pattern.test(command))?.[1];
}
