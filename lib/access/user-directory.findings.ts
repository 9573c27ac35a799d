import type { Findings } from '../acknowledgements.ts';

/** Why findings at `user-directory.ts` stand. */
export const FINDINGS = {
  noSecondFactor: [
    'A second factor (TOTP) is offered to every user and demanded of none: the pool is what a stage has until it names its own issuer, which decides for its users.',
    'AwsSolutions-COG2',
  ],
  noPlusPlan: [
    'The Plus plan adds threat protection to sign-ins, at four times the price per user. Users are added by operators, passwords have 12 characters at least, and a stage with more to protect names its own issuer.',
    'AwsSolutions-COG8',
  ],
} as const satisfies Findings;
