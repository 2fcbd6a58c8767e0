// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import { JobRecord } from "./record.ts";

/** A record whose warnings also go to the log when they arise: a summary may be hours away, or never come. */
export class LoggedRecord extends JobRecord {
  readonly #logger: Logger;
  readonly #logged = new Set<string>();

  constructor(logger: Logger) {
    super();
    this.#logger = logger;
  }

  override warn(text: string): void {
    if (!this.#logged.has(text)) this.#logger.warn({ event: "warning" }, text);
    this.#logged.add(text);
    super.warn(text);
  }
}
