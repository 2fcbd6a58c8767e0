// SPDX-License-Identifier: Apache-2.0
import type { Reporter, TestModule } from "vitest/node";

/** Says why tests were skipped, and closes a run with the one line that machines read: `N passed, N failed, N skipped`. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const skips = new Map<string, number>();
    for (const module of modules) {
      let failedTests = 0;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") tally.passed += 1;
        else if (result.state === "failed") failedTests += 1;
        else {
          tally.skipped += 1;
          const reason = result.state === "skipped" ? (result.note ?? "not selected") : "not run";
          skips.set(reason, (skips.get(reason) ?? 0) + 1);
        }
      }
      // A file that cannot be loaded holds no failed test, and is a failure all the same.
      tally.failed += failedTests === 0 && module.state() === "failed" ? 1 : failedTests;
    }
    for (const [reason, count] of skips) process.stdout.write(`\nskipped ${count}: ${reason}`);
    process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`);
  }
}
