// SPDX-License-Identifier: Apache-2.0
import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with the one line that machines read: `N passed, N failed, N skipped`. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let failedTests = 0;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === "passed") tally.passed += 1;
        else if (state === "failed") failedTests += 1;
        else tally.skipped += 1;
      }
      // A file that cannot be loaded holds no failed test, and is a failure all the same.
      tally.failed += failedTests === 0 && module.state() === "failed" ? 1 : failedTests;
    }
    process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`);
  }
}
