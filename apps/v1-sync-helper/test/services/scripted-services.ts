// SPDX-License-Identifier: MIT
import type { Bucket } from "../../src/nats/bucket.ts";
import { natsUnavailable } from "../../src/nats/unavailable.ts";
import type { Author } from "../../src/objects/author.ts";
import type { ServiceName, WriteCall } from "../../src/objects/plan.ts";
import type { CallEvent, RetryEvent } from "../../src/services/service-events.ts";
import { createV2Services, type V2ServicesOptions } from "../../src/services/v2-services.ts";
import { UnavailableError } from "../../src/unavailable-error.ts";
import { type RawService, type Script, startRawService } from "./raw-service.ts";

export const uid = "7cad5a8d-19d0-41a4-81a6-043453daf9ee";
export const memberUid = "8e0b4f52-57a0-4d0f-9e3c-30c1a6f9d111";

export const reader: Author = { principal: "helper@clients", subject: "helper", kind: "machine" };
export const jane: Author = { principal: "jane", subject: "jane", onBehalfOf: "jane", kind: "person" };

/** Tokens that say whose they are, and which one of theirs. */
export class CountedTokens {
  readonly refusals: string[] = [];
  readonly #generation = new Map<string, number>();

  readonly headersFor = async (author: Author, service: ServiceName): Promise<Record<string, string>> => {
    const key = `${author.principal}-${service}`;
    const headers = { Authorization: `Bearer ${key}-${this.#generation.get(key) ?? 1}` };
    return author.onBehalfOf === undefined ? headers : { ...headers, "X-On-Behalf-Of": author.onBehalfOf };
  };

  readonly refused = (author: Author, service: ServiceName): void => {
    const key = `${author.principal}-${service}`;
    this.refusals.push(key);
    this.#generation.set(key, (this.#generation.get(key) ?? 1) + 1);
  };
}

/** Nobody asks NATS in these tests; whoever does is told that it is not there. */
export const noNats: Pick<V2ServicesOptions, "link" | "committees" | "committeeMembers"> = {
  link: { request: () => Promise.reject(natsUnavailable("NATS is not there.")) },
  committees: unreadable("committees"),
  committeeMembers: unreadable("committee-members"),
};

function unreadable(name: string): Bucket {
  const fail = () => Promise.reject(natsUnavailable("NATS is not there."));
  return { name, get: fail, create: fail, update: fail, put: fail, purge: fail, watch: () => undefined };
}

/** Both services at one scripted server, closed at the end of the test. */
export async function scriptedServices(
  script: Script,
  onTestFinished: (close: () => Promise<void>) => void,
  options: Partial<V2ServicesOptions> = {},
) {
  const server: RawService = await startRawService(script);
  const tokens = new CountedTokens();
  const calls: CallEvent[] = [];
  const retries: RetryEvent[] = [];
  const services = createV2Services({
    projectServiceUrl: server.url,
    committeeServiceUrl: server.url,
    auth: tokens,
    reader,
    events: { onCall: (event) => calls.push(event), onRetry: (event) => retries.push(event) },
    ...noNats,
    ...options,
  });
  onTestFinished(async () => {
    await services[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return { services, server, tokens, calls, retries };
}

export const createProject: WriteCall = {
  service: "project",
  method: "POST",
  path: "/projects",
  body: { slug: "one", name: "Ünö" },
  changes: [],
};
export const updateProject: WriteCall = {
  service: "project",
  method: "PUT",
  path: `/projects/${uid}`,
  body: { slug: "one" },
  ifMatch: "14",
  changes: [],
};
export const deleteProject: WriteCall = {
  service: "project",
  method: "DELETE",
  path: `/projects/${uid}`,
  ifMatch: "14",
  changes: [],
};

export function inCommittees(call: WriteCall): WriteCall {
  return { ...call, service: "committee", path: call.path.replace("/projects", "/committees") };
}

/** The UnavailableError that `promise` fails with. */
export async function unavailableOf(promise: Promise<unknown>): Promise<UnavailableError> {
  const error = await promise.then(
    (value) => new Error(`it gave ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (error instanceof UnavailableError) return error;
  throw error;
}
