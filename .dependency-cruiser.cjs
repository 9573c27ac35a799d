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

/** What is deployed, or served. */
const PRODUCT = '^(lib|backbone|lambda|fargate|packages/(protocol|client|console))/(?!test/)';
/** Tests, and what proves the template. */
const PROOFS = '^(test|lab)/|^packages/[^/]+/test/';
const PROTOCOL = '^packages/protocol/';
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
      from: { path: PRODUCT },
      to: { dependencyTypes: ['npm-dev'], pathNot: NPM('@types', 'esbuild') },
    },
    only('domain-is-pure', '^backbone/domain/', `^backbone/domain/|${PROTOCOL}`, 'no I/O, no library, no AWS'),
    only('lane-domain-is-pure', `^${LANE}domain/`, `^backbone/domain/|${PROTOCOL}|^${SAME_LANE}domain/`, 'no I/O, no library, no AWS'),
    only(
      'contract-stands-alone',
      `^backbone/contract\\.ts$|${PROTOCOL}(?!test/|schema/)`,
      PROTOCOL,
      'both ends of the wire import the protocol',
    ),
    only('schemas-describe-the-protocol', `${PROTOCOL}schema/`, `${PROTOCOL}|${NPM('valibot')}`),
    {
      name: 'schemas-are-for-documents',
      comment: 'at run time each entrance validates in its own words, and the client has no dependency',
      severity: 'error',
      from: { pathNot: `^scripts/schemas/|${PROTOCOL}schema/|${PROOFS}` },
      to: { path: `${PROTOCOL}schema/` },
    },
    only('lane-contract-adds-to-the-contract', `^${LANE}contract\\.ts$`, '^backbone/contract\\.ts$'),
    only('settings-are-schemas', '^backbone/settings\\.ts$', `^packages/protocol/channel-pattern\\.ts$|${NPM('valibot')}`),
    only('lane-settings-are-schemas', `^${LANE}settings\\.ts$`, `^backbone/settings\\.ts$|${NPM('valibot')}`),
    only('ports-know-the-domain', '^backbone/ports\\.ts$', `^backbone/domain/|${PROTOCOL}`),
    only('lane-ports-know-the-domain', `^${LANE}ports\\.ts$`, `^backbone/domain/|${PROTOCOL}|^${SAME_LANE}domain/`),
    only('services-use-ports', '^backbone/services/', `^backbone/(domain|services)/|^backbone/ports\\.ts$|${PROTOCOL}|${BUILTIN}`),
    only(
      'telemetry-knows-the-domain',
      '^backbone/telemetry/',
      `^backbone/(domain|telemetry)/|^backbone/contract\\.ts$|${PROTOCOL}|${NPM('@aws-lambda-powertools/logger', '@types/aws-lambda')}`,
    ),
    {
      name: 'powertools-only-in-backbone-telemetry',
      severity: 'error',
      from: { path: `^bin/|^packages/assembly-local/|${PRODUCT}`, pathNot: `^backbone/telemetry/|${PROOFS}` },
      to: { path: NPM('@aws-lambda-powertools') },
    },
    only('memory-implements-ports', '^backbone/memory/', `^backbone/(domain|memory)/|^backbone/ports\\.ts$|${PROTOCOL}`),
    only(
      'lane-memory-implements-ports',
      `^${LANE}memory/`,
      `^backbone/(domain/|ports\\.ts$)|${PROTOCOL}|^${SAME_LANE}((domain|memory)/|ports\\.ts$)`,
    ),
    {
      name: 'memory-is-for-tests-and-lab',
      severity: 'error',
      from: { pathNot: `${EVERY('memory')}|${PROOFS}` },
      to: { path: EVERY('memory') },
    },
    only('tokens-use-ports', '^backbone/tokens/', `^backbone/(domain|tokens)/|^backbone/ports\\.ts$|${NPM('aws-jwt-verify')}`),
    {
      name: 'jwt-library-only-in-backbone-tokens',
      severity: 'error',
      from: { path: `^bin/|^packages/assembly-local/|${PRODUCT}`, pathNot: `^backbone/tokens/|${PROOFS}` },
      to: { path: NPM('aws-jwt-verify') },
    },
    {
      name: 'aws-sdk-only-in-folders-aws',
      severity: 'error',
      from: { path: `^bin/|${PRODUCT}`, pathNot: EVERY('aws') },
      to: { path: NPM('@aws-sdk', '@smithy') },
    },
    only(
      'lib-knows-contracts-settings-and-the-protocol-only',
      '^lib/',
      `^lib/|^(backbone|${LANE.slice(0, -1)})/(contract|settings)\\.ts$|${PROTOCOL}|${NPM('aws-cdk-lib', 'constructs', 'cdk-nag', '@cdklabs/cdk-validator-cfnguard', 'valibot', 'esbuild')}|${BUILTIN}`,
      'handlers are named by path, never imported',
    ),
    only('bin-composes-lib', '^bin/', `^lib/|${NPM('aws-cdk-lib')}|${BUILTIN}`),
    {
      name: 'lambda-and-fargate-use-backbone',
      severity: 'error',
      from: { path: '^(lambda|fargate)/([^/]+)' },
      to: { path: '^(bin|lib|lab|test)/|^packages/(?!protocol/)' },
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
      from: { path: '^(backbone|lambda|fargate|packages/(protocol|client|console))/' },
      to: { path: NPM('aws-cdk-lib', 'constructs') },
    },
    {
      name: 'backbone-knows-no-lane',
      severity: 'error',
      from: { path: '^backbone/' },
      to: { path: '^(bin|lib|lambda|fargate|lab|test)/|^packages/(?!protocol/)' },
    },
    {
      name: 'client-knows-the-protocol-only',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: { path: '^(?!packages/client/|node_modules/)', pathNot: PROTOCOL },
    },
    only(
      'console-uses-the-client',
      '^packages/console/(?!test/|plan/)',
      `^packages/console/|^packages/client/src/index\\.ts$|${PROTOCOL}|${NPM('preact', '@preact/signals', 'oauth4webapi', 'esbuild')}|${BUILTIN}|^command-line/`,
      'like any application; of the server it knows the protocol',
    ),
    only(
      'plan-page-uses-the-planner',
      '^packages/console/plan/',
      `^packages/console/plan/|^packages/planner/src/|${NPM('preact', '@preact/signals', 'uplot')}`,
      'it runs from disk, with no server',
    ),
    only(
      'planner-is-pure',
      '^packages/planner/src/',
      `^packages/planner/src/|${NPM('valibot')}`,
      'no I/O and nothing of Node: browsers run it too',
    ),
    only('plan-is-a-command-of-the-planner', '^packages/planner/main\\.ts$', `^packages/planner/src/|^command-line/|${NPM('commander')}`),
    {
      name: 'nothing-imports-the-local-run',
      severity: 'error',
      from: { pathNot: `^packages/assembly-local/|^scripts/synthesize\\.ts$|${PROOFS}` },
      to: { path: '^packages/assembly-local/' },
    },
    only('command-line-knows-the-stages', '^command-line/', `^command-line/|^lib/stages\\.ts$|${NPM('commander')}|${BUILTIN}`),
    only('scripts-synthesize-like-the-local-run', '^scripts/synthesize\\.ts$', `^packages/assembly-local/synth\\.ts$|${BUILTIN}`),
    { name: 'nothing-imports-the-lab', severity: 'error', from: { pathNot: '^lab/' }, to: { path: '^lab/' } },
    { name: 'nothing-imports-scripts', severity: 'error', from: { pathNot: `^scripts/|${PROOFS}` }, to: { path: '^scripts/' } },
    { name: 'nothing-imports-tests', severity: 'error', from: { pathNot: PROOFS }, to: { path: '^test/|^packages/[^/]+/test/' } },
    {
      name: 'lanes-go-by-deleting-folders',
      comment: 'a folder of a lane is used by folders of that lane, by those named both, and by the one list',
      severity: 'error',
      from: { pathNot: '/(websocket|sse|both)/|^lib/lanes\\.ts$' },
      to: { path: '/(websocket|sse|both)/', pathNot: '^node_modules/' },
    },
    {
      name: 'no-folder-of-a-lane-uses-another-lane',
      severity: 'error',
      from: { path: '/(websocket|sse)/' },
      to: { path: '/(websocket|sse|both)/', pathNot: '^node_modules/|/$1/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    // The swc parser of dependency-cruiser does not read JSX; packages/console/test/build.test.ts checks what the console bundles instead.
    // Projects of their own, with their own packages.
    exclude: {
      path: [
        '\\.tsx$',
        '^packages/(client|react)/dist/',
        '^packages/client/test/published/apps/',
        '^packages/react/(src|test/published/app)/',
        '^scripts/schemas/validators/',
      ],
    },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'], exportsFields: ['exports'] },
  },
};
