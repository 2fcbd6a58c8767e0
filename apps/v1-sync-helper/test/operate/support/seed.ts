// SPDX-License-Identifier: MIT
import { connectNats } from "../../../src/nats/connect-nats.ts";
import { openBucket } from "../../../src/nats/open-bucket.ts";
import type { ObjectState } from "../../../src/state/object-state.ts";
import { createObjectStates } from "../../../src/state/object-states.ts";
import type { Platform } from "./platform.ts";

/** Puts records of objects into `v1-sync-state`, and reads them, as the program does. */
export interface States extends AsyncDisposable {
  readonly put: (key: string, state: Partial<ObjectState>) => Promise<void>;
  readonly get: (key: string) => Promise<ObjectState | undefined>;
}

const at = "2026-11-21T10:00:00.000Z";

export async function openStates({ nats }: Platform): Promise<States> {
  const link = await connectNats({ url: nats.url, name: "test" });
  const states = createObjectStates(openBucket(link, "v1-sync-state"));
  return {
    put: async (key, state) => {
      const { version } = await states.read(key);
      await states.write(
        key,
        { status: "done", revision: 1, attempts: 1, since: at, lastAt: at, ...state },
        version,
      );
    },
    get: async (key) => (await states.read(key)).state,
    [Symbol.asyncDispose]: () => link.drain(1000),
  };
}

let count = 0;

/** A Salesforce id that no other test of this process has. */
export function newId(): string {
  count += 1;
  return `a09410000${String(count).padStart(6, "0")}AAE`;
}

export const projectKey = (id: string): string => `salesforce-project__c.${id}`;
export const committeeKey = (id: string): string => `platform-collaboration__c.${id}`;

/** A record that v2 takes, but for what is changed. */
export function projectRecord(id: string, changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    sfid: id,
    name: `Project ${id}`,
    slug__c: `p-${id.toLowerCase()}`,
    description__c: "made by a test",
    lastmodifiedbyid: "svc1@clients",
    ...changes,
  });
}
