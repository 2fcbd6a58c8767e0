// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from "node:crypto";
import { waitFor } from "@repo/testkit";
import { type LfxV2, type LfxV2Options, startLfxV2 } from "@repo/testkit/lfx-v2";
import { CompactSign, exportJWK } from "jose";
import { Agent, type Dispatcher, request } from "undici";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

export const jwks = {
  keys: [{ ...(await exportJWK(publicKey)), kid: "key-1", alg: "PS256", use: "sig" }],
};

export type ServiceName = "project" | "committee";

export interface TokenOptions {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: { readonly alg: string; readonly kid?: string };
  readonly key?: Parameters<CompactSign["sign"]>[0];
}

/** A token as the program signs them, but for what is asked to be different. A claim of `undefined` is left out. */
export function token(service: ServiceName, options: TokenOptions = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: "heimdall",
    aud: `lfx-v2-${service}-service`,
    sub: "jdoe",
    principal: "jdoe",
    email: "jdoe@example.org",
    iat: now,
    nbf: now - 30,
    exp: now + 300,
    ...options.claims,
  };
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ kid: "key-1", ...(options.header ?? { alg: "PS256" }) })
    .sign(options.key ?? privateKey);
}

export interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly text: string;
  /** The JSON of the body; an empty object where it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Sent {
  /** A JSON value, or a text that goes out as it is. */
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A plain client of one stand-in. Each call is made as written; nothing is added but the token. */
interface Client {
  call(service: ServiceName, method: Dispatcher.HttpMethod, path: string, sent?: Sent): Promise<Answer>;
}

export interface Setup extends AsyncDisposable {
  readonly lfx: LfxV2;
  readonly call: Client["call"];
  /**
   * Calls, and gives up when the stand-in has read the request, `when` holds, and another request has been there and back.
   * Gives the answer if there was one, else the error: `GaveUpError`, or what the connection said.
   */
  giveUp(
    service: ServiceName,
    method: Dispatcher.HttpMethod,
    path: string,
    sent?: Sent,
    when?: () => boolean,
  ): Promise<unknown>;
  /** The ETag of a GET. */
  etag(service: ServiceName, path: string): Promise<string>;
  /** Makes a project below ROOT; gives its uid. */
  createProject(fields?: object): Promise<string>;
  createCommittee(projectUid: string, fields?: object): Promise<string>;
  createMember(committeeUid: string, fields?: object): Promise<string>;
}

/** The client had waited long enough. */
export class GaveUpError extends Error {}

let names = 0;

/** A slug, name or address that no other test has. */
export function unique(prefix: string): string {
  names += 1;
  return `${prefix}-${names}`;
}

export async function setup(options: Partial<LfxV2Options> = {}): Promise<Setup> {
  const lfx = await startLfxV2({ jwks, ...options });
  const agent = new Agent({ connections: 64, pipelining: 1 });
  const tokens = { project: await token("project"), committee: await token("committee") };

  async function call(
    service: ServiceName,
    method: Dispatcher.HttpMethod,
    path: string,
    sent: Sent = {},
  ): Promise<Answer> {
    const { body, ifMatch, headers, signal } = sent;
    const answer = await request((service === "project" ? lfx.projectUrl : lfx.committeeUrl) + path, {
      method,
      dispatcher: agent,
      ...(signal !== undefined && { signal }),
      headers: {
        authorization: `Bearer ${tokens[service]}`,
        ...(ifMatch !== undefined && { "if-match": ifMatch }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, body: parsed(text) };
  }

  async function created(service: ServiceName, path: string, body: object): Promise<string> {
    const answer = await call(service, "POST", path, { body });
    const { uid } = answer.body;
    if (answer.status !== 201 || typeof uid !== "string") throw new Error(`${answer.status}: ${answer.text}`);
    return uid;
  }

  const giveUp: Setup["giveUp"] = async (service, method, path, sent = {}, when = () => true) => {
    const requests = lfx.record.requestCount;
    const controller = new AbortController();
    const answer = call(service, method, path, { ...sent, signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    await waitFor(() => lfx.record.requestCount > requests && when());
    await call(service, "GET", "/livez");
    controller.abort(new GaveUpError());
    return answer;
  };

  return {
    lfx,
    call,
    giveUp,
    etag: async (service, path) => {
      const { headers, text } = await call(service, "GET", path);
      if (typeof headers["etag"] !== "string") throw new Error(`no ETag: ${text}`);
      return headers["etag"];
    },
    createProject: (fields) => created("project", "/projects", projectBody(lfx, fields)),
    createCommittee: (projectUid, fields) =>
      created("committee", "/committees", committeeBody(projectUid, fields)),
    createMember: (committeeUid, fields) =>
      created("committee", `/committees/${committeeUid}/members?v=1`, memberBody(fields)),
    [Symbol.asyncDispose]: async () => {
      await agent.destroy();
      await lfx[Symbol.asyncDispose]();
    },
  };
}

export function projectBody(lfx: LfxV2, fields: object = {}) {
  return { slug: unique("project"), name: "A project", description: "", parent_uid: lfx.rootUid, ...fields };
}

export function committeeBody(projectUid: string, fields: object = {}) {
  return { name: unique("Committee"), category: "Board", project_uid: projectUid, ...fields };
}

export function memberBody(fields: object = {}) {
  return { email: `${unique("member")}@example.org`, ...fields };
}

/** Lowest first. */
export function statusesOf(answers: readonly Answer[]): readonly number[] {
  return answers.map(({ status }) => status).toSorted((a, b) => a - b);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
