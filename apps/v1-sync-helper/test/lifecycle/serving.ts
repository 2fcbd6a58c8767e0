// SPDX-License-Identifier: MIT
import { Kvm } from "@nats-io/kv";
import { freePort, waitFor } from "@repo/testkit";
import type { Executable } from "@repo/testkit/process";
import { request } from "undici";
import type { Platform } from "../operate/support/platform.ts";

/** An instance of the bundle at work. */
export interface Serving extends AsyncDisposable {
  readonly serve: Executable;
  readonly page: (path: string) => Promise<{ readonly status: number; readonly body: string }>;
  /** Waits for `/readyz` to answer this, and to say this. */
  readonly isReady: (status: 200 | 503, text?: string) => Promise<string>;
}

export async function startServing(
  platform: Platform,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Serving> {
  const port = String(await freePort());
  const serve = await platform.start([], { PORT: port, ...env });
  const page: Serving["page"] = async (path) => {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`);
    return { status: statusCode, body: await body.text() };
  };
  return {
    serve,
    page,
    isReady: async (status, text = "") => {
      let last = "";
      await waitFor(
        async () => {
          const answer = await page("/readyz");
          last = `${answer.status} ${answer.body}`;
          return answer.status === status && answer.body.includes(text);
        },
        { deadlineMs: 40_000, everyMs: 100, what: `/readyz to answer ${status} ${text}` },
      ).catch((error: unknown) => {
        throw new Error(`the last answer of /readyz was ${last}`, { cause: error });
      });
      return last;
    },
    [Symbol.asyncDispose]: () => serve[Symbol.asyncDispose](),
  };
}

export async function deleteBucket({ connection }: Platform, name: string): Promise<void> {
  await connection.request(`$JS.API.STREAM.DELETE.KV_${name}`);
}

/** As an operator does it. */
export async function makeBucket(
  { connection }: Platform,
  name: string,
  options: object = {},
): Promise<void> {
  await new Kvm(connection).create(name, { history: 1, max_bytes: 16 * 2 ** 20, ...options });
}

/** Projects of v2 beside its root, by slug; twice where there are two of a slug. */
export function slugsIn({ v2 }: Platform): readonly string[] {
  return v2.model
    .list("project")
    .filter(({ uid }) => uid !== v2.rootUid)
    .flatMap(({ data }) => (typeof data["slug"] === "string" ? [data["slug"]] : []))
    .toSorted((one, other) => one.localeCompare(other));
}

export function descriptionOf({ v2 }: Platform, slug: string): unknown {
  return v2.model.get("project", v2.model.uidOfSlug(slug) ?? "")?.data["description"];
}

export async function put(platform: Platform, id: string, columns: object = {}): Promise<void> {
  const objects = await platform.bucket("v1-objects");
  const record = { sfid: id, name: `Project ${id}`, slug__c: `p-${id}`, description__c: "first", ...columns };
  await objects.put(`salesforce-project__c.${id}`, JSON.stringify(record));
}

export async function makeMapping(platform: Platform, id: string, uid: string): Promise<void> {
  await (await platform.bucket("v1-mappings")).put(`project.sfid.${id}`, uid);
}
