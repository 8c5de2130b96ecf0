// Counts tests as the stages of `npm test` count them, for node:test's --test-reporter.
export default async function* counts(events) {
  const report = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  for await (const { type, data } of events) {
    if (data.details?.type === "suite") continue;
    if (type === "test:fail") report.numFailedTests++;
    if (type === "test:pass" && data.skip !== undefined) report.numPendingTests++;
    else if (type === "test:pass" && data.todo !== undefined) report.numTodoTests++;
    else if (type === "test:pass") report.numPassedTests++;
  }
  yield `${JSON.stringify(report)}\n`;
}
