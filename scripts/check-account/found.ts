/**
 * What was asked for. Undefined where the service answers with an error that says that there is none.
 * @param missing of that error, tried on `<name>: <message>`
 */
export async function found<T>(missing: RegExp, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { name, message } = error as Error;
    if (missing.test(`${name}: ${message}`)) return undefined;
    throw error;
  }
}
