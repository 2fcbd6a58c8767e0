// SPDX-License-Identifier: MIT

/** What one look found. */
export interface CheckResult {
  readonly check: string;
  /** `skipped`: it depends on something that failed, or was not asked for. */
  readonly result: "ok" | "warning" | "failed" | "skipped";
  /** One sentence, without secrets. */
  readonly detail: string;
}

/** Thrown by a look whose finding is worth a warning and no failure. */
export class CheckWarning extends Error {
  override readonly name: string = "CheckWarning";
}

/** Thrown by a look that cannot be made. */
export class CheckSkipped extends Error {
  override readonly name: string = "CheckSkipped";
}

/** Makes a look: what it gives is the detail, what it throws the reason. */
export async function runCheck(check: string, look: () => Promise<string>): Promise<CheckResult> {
  try {
    return { check, result: "ok", detail: await look() };
  } catch (error) {
    const detail = Error.isError(error) ? error.message : String(error);
    if (error instanceof CheckWarning) return { check, result: "warning", detail };
    return { check, result: error instanceof CheckSkipped ? "skipped" : "failed", detail };
  }
}

const marks = { ok: "ok    ", warning: "check ", failed: "FAILED", skipped: "-     " } as const;

export function checkLine({ check, result, detail }: CheckResult): string {
  return `${marks[result]}  ${check}: ${detail}`;
}
