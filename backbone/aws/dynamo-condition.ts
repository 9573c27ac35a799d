import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';

/** The response to a conditional write, or undefined if its condition did not hold. */
export async function ifConditionHolds<Answer>(write: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
