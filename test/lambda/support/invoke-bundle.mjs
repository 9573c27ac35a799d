/** Stands in for the Lambda runtime: loads the bundle, invokes it once for each event, and sends the results. */
const { bundle, events, timeoutMs } = JSON.parse(process.argv[2]);
const results = [];
try {
  const { handler } = await import(bundle);
  for (const event of events) {
    const deadlineMs = Date.now() + timeoutMs;
    const context = { functionName: 'fn', awsRequestId: 'r1', getRemainingTimeInMillis: () => deadlineMs - Date.now() };
    results.push({ value: await handler(event, context) });
  }
} catch (error) {
  results.push({ error: { name: error.name, message: error.message } });
}
process.send(results, () => process.exit(0));
