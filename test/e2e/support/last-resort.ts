/** Why a function may put events aside although no test makes it. */
export const LAST_RESORT = {
  reason:
    'Lambda puts an event aside here when the function has failed on it three times. The functions bear every fault that the tests inject.',
  // But a function runs into its timeout where other processes take the machine's time.
  mayBeUsed: true,
} as const;
