// SPDX-License-Identifier: Apache-2.0
import type { Directory, OrganizationLookup } from "./directory.ts";
import type { Faults } from "./faults.ts";
import type { Store } from "./store.ts";
import type { Timers } from "./timers.ts";
import type { TokenCheck } from "./token-check.ts";
import type { WriteLog } from "./write-log.ts";

/** What both services of one stand-in share. */
export interface State {
  readonly store: Store;
  readonly faults: Faults;
  readonly log: WriteLog;
  readonly directory: Directory;
  readonly organizations: OrganizationLookup;
  readonly tokens: TokenCheck;
  readonly timers: Timers;
  readonly background: Background;
  /** Waits until what was written is in the real buckets too; absent without them. */
  readonly mirrored: (() => Promise<void>) | undefined;
  /** Told of each message that the services publish; absent where nobody listens. */
  readonly publish: ((message: PublishedMessage) => void) | undefined;
}

/** Work that the services do by themselves, shortly after a request. */
export interface Background {
  run(work: () => void): void;
  /** Resolves when none is left. */
  settled(): Promise<void>;
}

export interface PublishedMessage {
  readonly subject: string;
  readonly data: unknown;
}

let lastSecond = 0;
let lastText = "";

/** RFC 3339 in whole seconds, as both services write times. */
export function nowText(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
  }
  return lastText;
}
