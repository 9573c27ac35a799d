// Tests start many processes of the same programs: compiled once, they start in a third of the time.
process.env.NODE_COMPILE_CACHE ??= new URL('node_modules/.cache/node-compile', import.meta.url).pathname;

// Packages that ship ES modules only; they are transformed like our own code, all others load as they are.
const ESM_PACKAGES = [
  'eventsource',
  'eventsource-parser',
  'dynalite',
  'selfsigned',
  'chai',
  'p-limit',
  'yocto-queue',
  'preact',
  'github-slugger',
];

const shared = {
  transform: {
    '^.+\\.(tsx?|m?js)$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          target: 'es2024',
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${ESM_PACKAGES.join('|')})/)`],
  testEnvironment: 'node',
};

/** @type {import('jest').Config} */
export default {
  // A guard against hanging, and no measure: how long a test takes is the machine's affair. Jest's own 5 s fail on a busy one.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{test,packages,lab}/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/(test|lab)/e2e/'],
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/{test,lab}/e2e/**/*.test.ts'],
      globalSetup: '<rootDir>/test/e2e/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/e2e/support/global-teardown.ts',
    },
  ],
};
