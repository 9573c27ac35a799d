/** The dependency rules of docs/architecture.md. `npm run deps` checks them; it is part of `npm test`. */
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { pathNot: allowed },
});

const BUILTIN =
  '^node:|^(fs|path|crypto|http|https|http2|net|tls|stream|url|util|os|events|buffer|timers|child_process|worker_threads|zlib|module)(/|$)';
const NPM = (...names) => `^node_modules/(${names.join('|')})/`;

/** A lane's folders of the deployed code: every folder of `fargate/`, and those of `lambda/` that are not shared. The group is the lane. */
const LANE = '(?:lambda|fargate)/(?!access/|backbone/|support/)([^/]+)/';
/** A folder that the backbone has, and each lane for itself. */
const EVERY = (folder) => `^(backbone|${LANE.slice(0, -1)})/${folder}/`;
/** The lane that a rule's `from` has matched. */
const SAME_LANE = '(lambda|fargate)/$1/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-test-tools-in-production',
      severity: 'error',
      from: { path: '^(lib|backbone|lambda|fargate|client|console)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: NPM('@types', 'esbuild') },
    },
    only('domain-is-pure', '^backbone/domain/', '^backbone/(domain/|protocol\\.ts$)', 'no I/O, no library, no AWS'),
    only('lane-domain-is-pure', `^${LANE}domain/`, `^backbone/(domain/|protocol\\.ts$)|^${SAME_LANE}domain/`, 'no I/O, no library, no AWS'),
    only('contract-stands-alone', '^backbone/(contract|protocol)\\.ts$', '^$'),
    only('lane-contract-adds-to-the-contract', `^${LANE}contract\\.ts$`, '^backbone/contract\\.ts$'),
    only('ports-know-the-domain', '^backbone/ports\\.ts$', '^backbone/domain/'),
    only('lane-ports-know-the-domain', `^${LANE}ports\\.ts$`, `^backbone/domain/|^${SAME_LANE}domain/`),
    only('services-use-ports', '^backbone/services/', `^backbone/(domain|services)/|^backbone/(ports|protocol)\\.ts$|${BUILTIN}`),
    only(
      'telemetry-knows-the-domain',
      '^backbone/telemetry/',
      `^backbone/(domain|telemetry)/|^backbone/contract\\.ts$|${NPM('@aws-lambda-powertools/logger', '@types/aws-lambda')}`,
    ),
    {
      name: 'powertools-only-in-backbone-telemetry',
      severity: 'error',
      from: { path: '^(bin|lib|backbone|lambda|fargate|client|console|local)/', pathNot: '^backbone/telemetry/' },
      to: { path: NPM('@aws-lambda-powertools') },
    },
    only('memory-implements-ports', '^backbone/memory/', '^backbone/(domain|memory)/|^backbone/ports\\.ts$'),
    only('lane-memory-implements-ports', `^${LANE}memory/`, `^backbone/(domain/|ports\\.ts$)|^${SAME_LANE}((domain|memory)/|ports\\.ts$)`),
    {
      name: 'memory-is-for-tests-and-bench',
      severity: 'error',
      from: { pathNot: `${EVERY('memory')}|^(bench|test)/` },
      to: { path: EVERY('memory') },
    },
    only('tokens-use-ports', '^backbone/tokens/', `^backbone/(domain|tokens)/|^backbone/ports\\.ts$|${NPM('aws-jwt-verify')}`),
    {
      name: 'jwt-library-only-in-backbone-tokens',
      severity: 'error',
      from: { path: '^(bin|lib|backbone|lambda|fargate|client|console|local)/', pathNot: '^backbone/tokens/' },
      to: { path: NPM('aws-jwt-verify') },
    },
    {
      name: 'aws-sdk-only-in-folders-aws',
      severity: 'error',
      from: { path: '^(bin|lib|backbone|lambda|fargate|client|console)/', pathNot: EVERY('aws') },
      to: { path: NPM('@aws-sdk', '@smithy') },
    },
    only(
      'lib-knows-contracts-only',
      '^lib/',
      `^lib/|^backbone/contract\\.ts$|^${LANE}contract\\.ts$|${NPM('aws-cdk-lib', 'constructs', 'cdk-nag', '@cdklabs/cdk-validator-cfnguard', 'valibot', 'esbuild')}|${BUILTIN}`,
      'handlers are named by path, never imported',
    ),
    only('bin-composes-lib', '^bin/', `^lib/|${NPM('aws-cdk-lib')}|${BUILTIN}`),
    {
      name: 'lambda-and-fargate-use-backbone',
      severity: 'error',
      from: { path: '^(lambda|fargate)/([^/]+)' },
      to: { path: '^(bin|lib|local|bench|client|console|test)/' },
    },
    {
      name: 'lanes-import-no-other-lane',
      severity: 'error',
      from: { path: `^(?:test/)?${LANE}` },
      to: { path: `^(test/)?${LANE}`, pathNot: `^(test/)?${SAME_LANE}` },
    },
    {
      name: 'shared-code-imports-no-lane',
      comment: 'to remove a lane, delete the folders named after it: nothing else may need them',
      severity: 'error',
      from: { path: '^(test/)?(backbone|lambda|fargate|support)/', pathNot: `^(test/)?${LANE}` },
      to: { path: `^(test/)?${LANE}` },
    },
    { name: 'fargate-not-lambda', severity: 'error', from: { path: '^fargate/' }, to: { path: '^lambda/' } },
    {
      name: 'no-cdk-at-runtime',
      severity: 'error',
      from: { path: '^(backbone|lambda|fargate|client|console)/' },
      to: { path: NPM('aws-cdk-lib', 'constructs') },
    },
    {
      name: 'backbone-knows-no-lane',
      severity: 'error',
      from: { path: '^backbone/' },
      to: { path: '^(bin|lib|lambda|fargate|client|console|local|bench|test)/' },
    },
    {
      name: 'client-knows-types-only',
      severity: 'error',
      from: { path: '^client/src/' },
      to: { path: '^(?!client/|node_modules/)', pathNot: '^backbone/protocol\\.ts$' },
    },
    only(
      'console-uses-the-client',
      '^console/',
      `^console/|^client/src/index\\.ts$|^backbone/protocol\\.ts$|${NPM('preact', '@preact/signals', 'oauth4webapi', 'esbuild')}|${BUILTIN}|^command-line/`,
      'like any application; of the server it knows the wire types',
    ),
    {
      name: 'nothing-imports-local-or-bench',
      severity: 'error',
      from: { pathNot: '^(local|bench|verify|test)/|^scripts/(synthesize\\.ts$|init/)' },
      to: { path: '^(local|bench)/' },
    },
    only('command-line-knows-the-stages', '^command-line/', `^command-line/|^lib/stages\\.ts$|${NPM('commander')}|${BUILTIN}`),
    only('scripts-synthesize-like-the-local-run', '^scripts/synthesize\\.ts$', `^local/synth\\.ts$|${BUILTIN}`),
    { name: 'nothing-imports-verify', severity: 'error', from: { pathNot: '^(verify|test)/' }, to: { path: '^verify/' } },
    { name: 'nothing-imports-scripts', severity: 'error', from: { pathNot: '^(scripts|test)/' }, to: { path: '^scripts/' } },
    { name: 'nothing-imports-test', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    // The swc parser of dependency-cruiser does not read JSX; test/console/build.test.ts checks what the console bundles instead.
    exclude: { path: ['\\.tsx$', '^client/dist/'] },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'], exportsFields: ['exports'] },
  },
};
