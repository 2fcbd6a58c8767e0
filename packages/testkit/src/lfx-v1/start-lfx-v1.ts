// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { createFaultPlan, type LfxV1Endpoint, type LfxV1Faults } from "./faults.ts";
import {
  answerOrganization,
  answerUser,
  type LfxV1Organization,
  type LfxV1User,
  parseTarget,
  refuseToken,
} from "./gateway.ts";
import { type PublishedKey, toKeySet } from "./key-set.ts";
import { type Answer, createTokenEndpoint, type TokenEndpoint } from "./token-endpoint.ts";

export interface LfxV1Options {
  /** The one client that may have tokens. */
  readonly clientId: string;
  /** Of the key that signs its assertions; SPKI, PEM. */
  readonly clientPublicKey: string;
  /** What an assertion's `aud` must hold, such as `https://TENANT.auth0.com/`; default: the token endpoint's URL. */
  readonly assertionAudience?: string;
  /** Heimdall's keys; default none. */
  readonly keys?: readonly PublishedKey[];
  /** Of the tokens; default 86 400. */
  readonly tokenLifetimeSeconds?: number;
  /** Before every answer; default 0. */
  readonly latencyMs?: number;
  /** The servers' clock, in milliseconds since 1970; default the machine's. */
  readonly epochMs?: () => number;
}

/** What v2's helpers need of v1's platform: token endpoint, API gateway, and Heimdall's key set. */
export interface LfxV1 extends AsyncDisposable {
  /** e.g. `http://127.0.0.1:41234/`: for `LFX_API_GW`. */
  readonly apiUrl: string;
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  /** The audience whose tokens the gateway takes and the token endpoint gives; at first `apiUrl`. */
  audience: string;
  tokenLifetimeSeconds: number;
  latencyMs: number;
  /** By id. Who is not there is 404. */
  readonly users: Map<string, LfxV1User>;
  readonly organizations: Map<string, LfxV1Organization>;
  /** What the key set holds from now on. */
  setKeys(keys: readonly PublishedKey[]): void;
  readonly faults: LfxV1Faults;
  /** The gateway refuses (401) every token that was given so far. */
  withdrawTokens(): void;
  /** Requests that arrived, faults and refusals included: of an endpoint, or of one id of it. */
  requests(endpoint: LfxV1Endpoint, id?: string): number;
  readonly grantedTokens: number;
  /** What was refused as wrong by itself, in order: a request that a right program does not send. */
  readonly problems: readonly string[];
}

/** Listens on a free port of 127.0.0.1. Disposal cuts the connections off. */
export async function startLfxV1(options: LfxV1Options): Promise<LfxV1> {
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port.");
  const platform = new Platform(`http://127.0.0.1:${address.port}`, options);
  server.on("request", (request, response) => void platform.answer(request, response));
  return Object.assign(platform, {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  });
}

const tokenPath = "/oauth/token";
const jwksPath = "/.well-known/jwks";

class Platform {
  readonly apiUrl: string;
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  readonly users = new Map<string, LfxV1User>();
  readonly organizations = new Map<string, LfxV1Organization>();
  readonly faults = createFaultPlan();
  readonly problems: string[] = [];
  audience: string;
  tokenLifetimeSeconds: number;
  latencyMs: number;
  #keys: readonly PublishedKey[];
  readonly #tokens: TokenEndpoint;
  readonly #counts = new Map<string, number>();

  constructor(origin: string, options: LfxV1Options) {
    this.apiUrl = `${origin}/`;
    this.tokenUrl = `${origin}${tokenPath}`;
    this.jwksUrl = `${origin}${jwksPath}`;
    this.audience = this.apiUrl;
    this.tokenLifetimeSeconds = options.tokenLifetimeSeconds ?? 86_400;
    this.latencyMs = options.latencyMs ?? 0;
    this.#keys = options.keys ?? [];
    this.#tokens = createTokenEndpoint({
      clientId: options.clientId,
      clientPublicKey: options.clientPublicKey,
      assertionAudience: options.assertionAudience ?? this.tokenUrl,
      hasApi: (audience) => audience === this.audience,
      lifetimeSeconds: () => this.tokenLifetimeSeconds,
      epochMs: options.epochMs ?? Date.now,
    });
  }

  setKeys(keys: readonly PublishedKey[]): void {
    this.#keys = keys;
  }

  withdrawTokens(): void {
    this.#tokens.withdrawAll();
  }

  requests(endpoint: LfxV1Endpoint, id?: string): number {
    return this.#counts.get(countKey(endpoint, id)) ?? 0;
  }

  get grantedTokens(): number {
    return this.#tokens.granted;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The client went away, which is its right.
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const target = this.#targetOf(request);
    if (target === undefined) {
      this.problems.push(`there is no ${request.method} ${request.url}`);
      send(response, { status: 404, body: { message: "no such route" } });
      return;
    }
    this.#count(target.endpoint, target.id);
    if (this.latencyMs > 0) await sleep(this.latencyMs);
    if (await this.faults.commit(target.endpoint, response))
      send(response, await this.#make(request, target, body));
  }

  #targetOf({ method, url = "" }: IncomingMessage): Target | undefined {
    if (url === tokenPath) return method === "POST" ? { endpoint: "token" } : undefined;
    if (method !== "GET") return undefined;
    return url === jwksPath ? { endpoint: "jwks" } : parseTarget(url);
  }

  async #make(request: IncomingMessage, { endpoint, id = "" }: Target, body: string): Promise<Answer> {
    const { headers } = request;
    if (endpoint === "jwks") return { status: 200, body: await toKeySet(this.#keys) };
    if (endpoint === "token") {
      const answer = await this.#tokens.answer(headers["content-type"], body);
      if (answer.status !== 200) this.problems.push(`token: ${String(answer.body["error_description"])}`);
      return answer;
    }
    const refusal = refuseToken(headers.authorization, this.audience, (token) => this.#tokens.find(token));
    if (refusal !== undefined) return refusal;
    return endpoint === "user"
      ? answerUser(id, this.users.get(id))
      : answerOrganization(id, this.organizations.get(id));
  }

  #count(endpoint: LfxV1Endpoint, id: string | undefined): void {
    for (const key of new Set([countKey(endpoint, undefined), countKey(endpoint, id)]))
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}

interface Target {
  readonly endpoint: LfxV1Endpoint;
  readonly id?: string;
}

function countKey(endpoint: LfxV1Endpoint, id: string | undefined): string {
  return id === undefined ? endpoint : `${endpoint} ${id}`;
}

function send(response: ServerResponse, { status, body }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
