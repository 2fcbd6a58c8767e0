// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Answer, HTML } from "./answer.ts";
import { ApiError, internal, type ServiceName } from "./api-error.ts";
import { ServiceCall } from "./call.ts";
import type { Fault, FaultRequest } from "./fault.ts";
import { isJsonObject, type Json } from "./json.ts";
import { checkParameters, parseBody, readBody } from "./request.ts";
import { findRoute, type Route } from "./routes.ts";
import { decode, refuseViolations, type Violation, validate } from "./schema.ts";
import type { State } from "./state.ts";

export interface HttpService extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
}

/** Serves one of the two services on a free port of 127.0.0.1. */
export async function startHttpService(service: ServiceName, state: State): Promise<HttpService> {
  // The services' own server has no time-outs that a client would meet.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
  server.on("request", (request, response) => void answer(service, state, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The service has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

type OperationRoute = Extract<Route, { readonly kind: "operation" }>;

async function answer(
  service: ServiceName,
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const given = request.headers["x-request-id"];
  const requestId = typeof given === "string" && given !== "" ? given : randomUUID();
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const route = findRoute(service, request.method ?? "", mark === -1 ? url : url.slice(0, mark));
  const exchange: Exchange = {
    service,
    state,
    request,
    requestId,
    response,
    query: mark === -1 ? "" : url.slice(mark + 1),
  };
  try {
    if (route.kind === "operation") return await answerOperation(exchange, route);
    answerOther(exchange, route);
  } catch (error) {
    // A mistake of the stand-in itself must not look like a fault of the network.
    if (response.headersSent) throw error;
    response.writeHead(500, { "content-type": "text/plain" }).end(`stand-in failed: ${String(error)}`);
  }
}

interface Exchange {
  readonly service: ServiceName;
  readonly state: State;
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly response: ServerResponse;
  readonly query: string;
}

function answerOther(
  { service, state, requestId, response }: Exchange,
  route: Exclude<Route, OperationRoute>,
): void {
  const reply = new Answer({ response, requestId, timers: state.timers, onSent: () => undefined });
  switch (route.kind) {
    case "health": {
      const isOut = route.path === "readyz" && service === "committee" && state.faults.committeeIsBroken;
      if (isOut) return sendError(reply, service, internal("NATS client is not ready"));
      return reply.send(200, { "content-type": "text/plain; charset=utf-8" }, "OK\n");
    }
    case "wrong-method":
      return reply.send(405, { allow: route.allow }, "");
    case "unknown":
      return sendError(reply, service, new ApiError(404, "404 page not found", "fault"));
  }
}

/** In the order of the framework: body, parameters, token, the service's own rules. */
async function answerOperation(exchange: Exchange, route: OperationRoute): Promise<void> {
  const { service, state, request, requestId, response, query } = exchange;
  const { operation, uid, memberUid } = route;
  const bytes = operation.fields === undefined ? undefined : await readBody(request);
  if (operation.fields !== undefined && bytes === undefined) return;
  const faultRequest = describe(exchange, route, bytes);
  const fault = state.faults.faultOf(faultRequest);
  let call: ServiceCall | undefined;
  const reply = new Answer({
    response,
    requestId,
    timers: state.timers,
    onSent: (status) => {
      state.log.countAnswer(operation.name, status);
      for (const write of call?.writes ?? []) write.wasAnswered = !write.isLate;
    },
  });
  if (fault !== undefined && actBefore(fault, reply)) return;
  try {
    const sent = bytes === undefined ? undefined : parseBody(operation, request.headers, bytes);
    const { value, unknown } = decode(operation.fields ?? {}, sent ?? null);
    checkBody(route, value);
    const flags = checkParameters({ ...route, query, headers: request.headers });
    const caller = await callerOf(exchange, fault);
    await refuseInOutage(exchange);
    call = new ServiceCall({
      state,
      operation,
      request: faultRequest,
      fault,
      headers: request.headers,
      flags,
      sent: isJsonObject(sent) ? sent : undefined,
      body: value,
      unknown,
      caller,
      giveUpClient: () => giveUp(fault, reply),
    });
    refuseOddKeys(uid, memberUid);
    const { body, etag } = await operation.run(call);
    const headers = {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(etag !== undefined && { etag: String(etag) }),
    };
    const text = body === undefined ? "" : `${JSON.stringify(body)}\n`;
    if (fault === undefined) reply.send(operation.status, headers, text);
    else reply.sendFaulty(fault, operation.status, headers, text);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    sendError(reply, service, error, fault);
  }
}

function describe(
  { service, state, request }: Exchange,
  { operation, uid, memberUid }: OperationRoute,
  bytes: Buffer | undefined,
): FaultRequest {
  let body: unknown;
  let isRead = false;
  return {
    sequence: state.log.nextRequest(),
    service,
    method: operation.method,
    path: request.url ?? "",
    operation: operation.name,
    uid,
    memberUid,
    // Parsed only for a chooser that asks.
    get body() {
      if (!isRead) body = tryParse(bytes);
      isRead = true;
      return body;
    },
  };
}

function tryParse(bytes: Buffer | undefined): unknown {
  try {
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString("utf8")) as unknown);
  } catch {
    return undefined;
  }
}

/** Faults that leave the service out; true when the request is over. */
function actBefore(fault: Fault, reply: Answer): boolean {
  switch (fault.kind) {
    case "status": {
      const { status, retryAfter, body = "json" } = fault;
      const retry = retryAfter instanceof Date ? retryAfter.toUTCString() : retryAfter;
      const type = body === "html" ? "text/html" : "application/json";
      const text = { json: JSON.stringify({ message: "not now" }), html: HTML, empty: "" };
      reply.send(
        status,
        { "content-type": type, ...(retry !== undefined && { "retry-after": String(retry) }) },
        text[body],
      );
      return true;
    }
    case "reset-before":
      reply.reset();
      return true;
    case "hang-before":
      reply.hang(fault.closeAfterMs);
      return true;
    default:
      return false;
  }
}

function giveUp(fault: Fault | undefined, reply: Answer): void {
  if (fault?.kind !== "late") return;
  if (fault.client === "504") reply.send(504, { "content-type": "text/html" }, HTML);
  reply.hang(fault.client === "504" ? undefined : fault.closeAfterMs);
}

function checkBody({ operation }: OperationRoute, value: Readonly<Record<string, Json | undefined>>): void {
  if (operation.fields === undefined) return;
  const violations: Violation[] = [];
  validate(operation.fields, value, violations);
  refuseViolations(violations);
}

function callerOf({ service, state, request }: Exchange, fault: Fault | undefined) {
  if (fault?.kind === "token-refused") {
    if (fault.status === 401) throw new ApiError(401, "");
    throw new ApiError(500, "failed to deserialize token claims: refused by the test", "fault");
  }
  return state.tokens.check(service, request.headers.authorization);
}

async function refuseInOutage({ service, state }: Exchange): Promise<void> {
  const { faults, timers } = state;
  if (service === "committee" && faults.committeeIsBroken) throw internal("nats: connection closed");
  if (service === "project" && faults.nats === "away") {
    await timers.sleep(faults.outageMs);
    throw internal("internal error");
  }
}

/** A URN or a uid in braces is a UUID to the framework, and no key to the store. */
function refuseOddKeys(uid: string, memberUid: string): void {
  if (/[:{}]/.test(uid + memberUid)) throw internal("internal error");
}

function sendError(reply: Answer, service: ServiceName, error: ApiError, fault?: Fault): void {
  const { status, designName } = error;
  const headers = {
    "content-type": "application/json",
    ...(designName !== undefined && { "goa-error": designName }),
  };
  // A gateway's 401 comes without a body.
  const text = status === 401 ? "" : `${error.body(service)}\n`;
  if (fault === undefined) reply.send(status, headers, text);
  else reply.sendFaulty(fault, status, headers, text);
}
