// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import type { Caller } from "../auth/caller.ts";
import type { Exchange } from "../listener/exchange.ts";
import type { DrainPhase } from "../listener/listener-options.ts";
import { BufferBudget } from "./buffer-budget.ts";
import { Call } from "./call.ts";
import { type Cors, createCors } from "./cors.ts";
import type { RpcMethod } from "./method.ts";
import { RequestBody } from "./request-body.ts";
import {
  type CallObservation,
  defaultRpcLimits,
  type RpcHandler,
  type RpcHandlerOptions,
  type RpcLimits,
} from "./rpc-options.ts";
import { type ServedCall, serveCall } from "./serve-call.ts";
import { failConnectUnary } from "./wire/connect-wire.ts";
import { type Wires, wireOf, wiresOf } from "./wire/content-type.ts";
import type { Wire } from "./wire/wire.ts";

interface Route {
  readonly method: RpcMethod;
  readonly wires: Wires;
}

/** Codes by which a server admits a fault of its own. */
const faults: ReadonlySet<Code> = new Set([Code.Internal, Code.Unknown, Code.DataLoss]);

/**
 * Serves methods by Connect, gRPC and gRPC-Web, in binary and JSON, over both versions of HTTP.
 *
 * One pipeline for all of them: the wires differ, limits, deadlines, errors and back-pressure do not. Messages of answers are never
 * compressed.
 */
export function createRpcHandler(options: RpcHandlerOptions): RpcHandler {
  return new MethodServer(options);
}

class MethodServer implements RpcHandler {
  readonly #options: RpcHandlerOptions;
  readonly #limits: RpcLimits;
  readonly #budget: BufferBudget;
  /** Apart from that of requests: clients that do not read shall not keep others from sending. */
  readonly #answers: BufferBudget;
  readonly #cors: Cors;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #calls = new Map<Call, RpcMethod["kind"]>();
  #draining: DrainPhase | undefined;

  constructor(options: RpcHandlerOptions) {
    this.#options = options;
    this.#limits = { ...defaultRpcLimits, ...options.limits };
    this.#budget = new BufferBudget(this.#limits.maxBufferedBytes);
    this.#answers = new BufferBudget(this.#limits.maxBufferedBytes);
    this.#cors = createCors(options.corsOrigins ?? []);
    this.#routes = new Map(
      options.methods.map((method) => [pathOf(method), { method, wires: wiresOf(method.kind) }]),
    );
  }

  readonly handle = (exchange: Exchange): void => {
    if (this.#cors(exchange)) return;
    const route = this.#routes.get(withoutQuery(exchange.url));
    const wire = route?.wires.find(exchange.headers["content-type"]);
    if (route !== undefined && wire !== undefined && exchange.method === "POST") {
      this.#guard(exchange, this.#serve(exchange, route.method, wire));
    } else {
      this.#guard(exchange, this.#refuse(exchange, route));
    }
  };

  drain(phase: DrainPhase): void {
    this.#draining = phase;
    for (const [call, kind] of this.#calls) this.#endIfDraining(call, kind);
  }

  /** An answer that cannot even be told as an error must not end the process. */
  #guard(exchange: Exchange, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.logger.error({ err: error, url: exchange.url }, "could not answer a request");
      exchange.abort();
    });
  }

  #endIfDraining(call: Call, kind: RpcMethod["kind"]): void {
    const hasNoEnd = kind === "server_stream" || kind === "frame_stream";
    if (this.#draining === "deadline" || (this.#draining === "begin" && hasNoEnd)) call.end("draining");
  }

  async #serve(exchange: Exchange, method: RpcMethod, wire: Wire): Promise<void> {
    const startedMs = performance.now();
    const call = new Call();
    const body = new RequestBody({ exchange, wire, call, limits: this.#limits, budget: this.#budget });
    const observation = this.#observe(exchange, method, wire);
    const run = observation?.run?.bind(observation) ?? runPlainly;
    const served: ServedCall = {
      method,
      exchange,
      wire,
      call,
      body,
      run,
      isStarted: false,
      responseBytes: 0,
      answers: this.#answers,
      answerBytes: 0,
    };
    this.#calls.set(call, method.kind);
    exchange.onClose((wasFinished) => {
      this.#answers.hold(-served.answerBytes);
      if (!wasFinished) call.end("cancelled");
    });
    let error: ConnectError | undefined;
    try {
      call.caller = await this.#options.authenticate(exchange.headers.authorization);
      requireScope(call.caller, method);
      setDeadline(exchange, wire, call, startedMs);
      this.#endIfDraining(call, method.kind);
      await serveCall(served);
    } catch (thrown) {
      error = this.#fail(served, thrown);
    } finally {
      this.#calls.delete(call);
      call.close();
      body.release();
    }
    observation?.end({
      code: error?.code,
      error,
      subject: call.caller.subject,
      durationMs: performance.now() - startedMs,
      requestBytes: body.messageBytes,
      responseBytes: served.responseBytes,
    });
  }

  #fail({ exchange, wire, call, method, isStarted }: ServedCall, thrown: unknown): ConnectError {
    const error = this.#toError(thrown);
    if (faults.has(error.code)) {
      this.#options.logger.error({ err: error, rpc: pathOf(method), peer: exchange.peer }, "a call failed");
    }
    if (call.ended() === "cancelled") exchange.abort();
    else if (isStarted) wire.end(exchange, error);
    else wire.fail(exchange, error);
    return error;
  }

  #toError(thrown: unknown): ConnectError {
    return thrown instanceof ConnectError ? thrown : this.#options.toError(thrown);
  }

  /** What cannot be a call: unknown paths, methods and content types. Who is not known learns nothing of them. */
  async #refuse(exchange: Exchange, route: Route | undefined): Promise<void> {
    try {
      await this.#options.authenticate(exchange.headers.authorization);
    } catch (error) {
      const wire = wireOf(exchange.headers["content-type"]);
      const refusal = this.#toError(error);
      return wire === undefined ? failConnectUnary(exchange, refusal) : wire.fail(exchange, refusal);
    }
    if (route === undefined) return exchange.answer(404, {});
    if (exchange.method !== "POST") return exchange.answer(405, { allow: "POST" });
    exchange.answer(415, { "accept-post": route.wires.contentTypes });
  }

  #observe(exchange: Exchange, method: RpcMethod, wire: Wire): CallObservation | undefined {
    return this.#options.observe?.({
      service: method.desc.parent.typeName,
      method: method.desc.name,
      kind: method.kind,
      protocol: wire.protocol,
      peer: exchange.peer,
      header(name) {
        const value = exchange.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      },
    });
  }
}

function pathOf({ desc }: RpcMethod): string {
  return `/${desc.parent.typeName}/${desc.name}`;
}

function withoutQuery(url: string): string {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}

function runPlainly<T>(work: () => T): T {
  return work();
}

function requireScope({ scopes }: Caller, { scope, desc }: RpcMethod): void {
  if (scopes.has(scope) || scopes.has("admin")) return;
  throw new ConnectError(
    `The token does not allow ${desc.name}: it needs the scope "${scope}".`,
    Code.PermissionDenied,
  );
}

/** The client's time counts from when its call came, however long authentication took. */
function setDeadline(exchange: Exchange, wire: Wire, call: Call, startedMs: number): void {
  const value = exchange.headers[wire.timeoutHeader];
  if (value === undefined) return;
  const { timeoutMs, error } = wire.parseTimeout(String(value));
  if (error !== undefined) throw error;
  if (timeoutMs !== undefined) call.setDeadline(Math.ceil(timeoutMs - (performance.now() - startedMs)));
}
