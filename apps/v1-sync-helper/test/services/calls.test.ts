// SPDX-License-Identifier: MIT
import type { Socket } from "node:net";
import { inspect } from "node:util";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import type { WriteCall } from "../../src/objects/plan.ts";
import { committeePath, memberPath, projectPath } from "../../src/services/service-paths.ts";
import { UnavailableError } from "../../src/unavailable-error.ts";
import { answer } from "./raw-service.ts";
import {
  createProject,
  deleteProject,
  inCommittees,
  jane,
  memberUid,
  reader,
  scriptedServices,
  uid,
  unavailableOf,
  updateProject,
} from "./scripted-services.ts";

const project = answer(200, { uid, name: "One" }, { etag: "14" });
const tokenFault = answer(500, {
  name: "fault",
  id: "Xa1",
  message: "expected claims not validated: token is expired (exp)",
  temporary: false,
  timeout: false,
  fault: true,
});

const members = `/committees/${uid}/members?v=1`;
const member = memberPath(uid, memberUid);
const call = (method: WriteCall["method"], path: string): WriteCall => ({
  service: "committee",
  method,
  path,
  ...(method === "DELETE" ? {} : { body: { email: "jane@example.org" } }),
  ...(method === "POST" ? {} : { ifMatch: "7" }),
  changes: [],
});

test.for([
  ["a project's create", createProject, { "content-type": "application/json" }],
  ["a project's update", updateProject, { "content-type": "application/json", "if-match": "14" }],
  ["a project's delete", deleteProject, { "if-match": "14" }],
  [
    "a committee's create",
    inCommittees(createProject),
    { "content-type": "application/json", "x-sync": "false" },
  ],
  ["a committee's delete", inCommittees(deleteProject), { "if-match": "14", "x-sync": "false" }],
  [
    "a member's create",
    call("POST", members),
    { "content-type": "application/json", "x-sync": "false", "x-skip-notification": "true" },
  ],
  [
    "a member's update",
    call("PUT", member),
    { "content-type": "application/json", "if-match": "7", "x-sync": "false" },
  ],
  [
    "a member's delete",
    call("DELETE", member),
    { "if-match": "7", "x-sync": "false", "x-skip-notification": "true" },
  ],
] as const)(
  "%s has exactly the headers that the service wants",
  async ([, write, headers], { expect, onTestFinished }) => {
    const { services, server } = await scriptedServices(
      (socket) => socket.write(answer(write.method === "POST" ? 201 : 200, { uid })),
      onTestFinished,
    );
    expect((await services.send(write, jane)).result).toBe("done");
    const [request] = server.requests;
    expect(request?.line).toBe(`${write.method} ${write.path} HTTP/1.1`);
    expect(request?.body).toBe(write.body === undefined ? "" : JSON.stringify(write.body));
    const {
      host,
      connection,
      "content-length": length,
      "x-request-id": id,
      ...rest
    } = request?.headers ?? {};
    expect(rest).toEqual({
      accept: "application/json",
      authorization: `Bearer jane-${write.service}-1`,
      "x-on-behalf-of": "jane",
      ...headers,
    });
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect([host, connection]).toEqual([server.url.slice(7), "keep-alive"]);
    expect(length).toBe(
      write.body === undefined
        ? write.method === "DELETE"
          ? undefined
          : "0"
        : `${Buffer.byteLength(request?.body ?? "")}`,
    );
  },
);

test("keeps the path of the base address, and reads as its own principal", async ({
  expect,
  onTestFinished,
}) => {
  const { services, server } = await scriptedServices((socket) => socket.write(project), onTestFinished);
  const { services: below } = await scriptedServices(() => undefined, onTestFinished, {
    projectServiceUrl: `${server.url}/v2/api/`,
  });
  expect(await below.get("project", projectPath(uid))).toEqual({ body: { uid, name: "One" }, etag: "14" });
  expect(server.requests[0]?.line).toBe(`GET /v2/api/projects/${uid} HTTP/1.1`);
  expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer helper@clients-project-1" });
  expect(server.requests[0]?.headers).not.toHaveProperty("content-type");
  expect(await services.get("project", projectPath(uid))).toMatchObject({ etag: "14" });
});

test.for(["14", '"14"', 'W/"a,b"', "99999999999999999999"])(
  "gives the ETag %s back as it came",
  async (etag, { expect, onTestFinished }) => {
    const { services } = await scriptedServices(
      (socket) => socket.write(answer(200, {}, { etag })),
      onTestFinished,
    );
    expect(await services.get("project", projectPath(uid))).toEqual({ body: {}, etag });
  },
);

test.for([
  ["the project service's 404", answer(404, { code: "404", message: "project not found" })],
  ["the committee service's 404", answer(404, { message: "committee not found" })],
  ["a 404 without a word", answer(404)],
] as const)("%s says that there is none", async ([, raw], { expect, onTestFinished }) => {
  const { services, server } = await scriptedServices((socket) => socket.write(raw), onTestFinished);
  expect(await services.get("project", projectPath(uid))).toBeUndefined();
  expect(server.requests).toHaveLength(1);
});

test.for([
  [
    "404 of an unknown route",
    answer(404, { name: "fault", message: "404 page not found", fault: true }),
    404,
    /check its address/,
    1,
  ],
  [
    "404 of another server",
    answer(404, "<h1>Not Found</h1>", { "content-type": "text/html" }),
    404,
    /: Not Found; .*check its address/,
    1,
  ],
  ["200 without an ETag", answer(200, { uid }), 200, /without an ETag/, 1],
  ["200 with an empty ETag", answer(200, { uid }, { etag: "" }), 200, /without an ETag/, 1],
  ["200 with a list", answer(200, "[]", { etag: "1" }), 200, /no JSON object/, 1],
  [
    "200 with a page",
    answer(200, "<html></html>", { etag: "1", "content-type": "text/html" }),
    200,
    /no JSON object/,
    1,
  ],
  ["206", answer(206, { uid }, { etag: "1" }), 206, /no answer to a read/, 1],
  ["204", answer(204, "", { "content-length": "0" }), 204, /no answer to a read/, 1],
  ["400", answer(400, { message: "member of another committee" }), 400, /member of another committee/, 1],
  ["403", answer(403), 403, /does not let this program in/, 1],
  ["a redirect", answer(301, "", { location: "https://elsewhere.example.org" }), 301, /check its address/, 1],
  ["500", answer(500, { message: "internal error" }), 500, /was answered 500: internal error/, 3],
  ["503 with a page", answer(503, "<b>away</b>"), 503, /was answered 503: away/, 3],
  [
    "a truncated body",
    "HTTP/1.1 200 OK\r\netag: 1\r\ncontent-length: 100\r\n\r\n{",
    undefined,
    /failed after 3 attempts/,
    3,
  ],
  ["no HTTP at all", "220 smtp.example.org ESMTP\r\n", undefined, /the answer is not HTTP/, 1],
  [
    "more than an object can be",
    "HTTP/1.1 200 OK\r\netag: 1\r\ncontent-length: 5000000\r\n\r\n{",
    undefined,
    /more than 4194304 bytes/,
    1,
  ],
] as const)(
  "%s says nothing about whether it is there",
  async ([, raw, status, message, requests], { expect, onTestFinished }) => {
    const { services, server, calls, retries } = await scriptedServices(
      (socket: Socket) => socket.end(raw),
      onTestFinished,
    );
    const error = await unavailableOf(services.get("project", projectPath(uid)));
    expect(error.reason).toMatchObject({
      call: `GET ${projectPath(uid)}`,
      message: expect.stringMatching(message),
    });
    expect(error.reason.status).toBe(status);
    expect(error.reason.code).toBe(
      status === 400 || status === 403 ? "refused_by_service" : "service_unavailable",
    );
    expect(server.requests).toHaveLength(requests);
    expect(calls).toMatchObject([{ service: "project", method: "GET", retries: requests - 1 }]);
    expect(retries).toHaveLength(requests - 1);
  },
);

test("holds no personal data and no token in what it throws, its causes included", async ({
  expect,
  onTestFinished,
}) => {
  const message = "jane@example.org may not use Bearer abcdefghijklmnop";
  const { services } = await scriptedServices(
    (socket) => socket.write(answer(400, { message })),
    onTestFinished,
  );
  const error = await unavailableOf(services.get("project", projectPath(uid)));
  expect(error.message).toContain("[e-mail address] may not use Bearer [hidden]");
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/jane@example|abcdefghijkl/);
});

test("reads again what failed in passing, under the same request id", async ({ expect, onTestFinished }) => {
  const { services, server, calls, retries } = await scriptedServices((socket, _request, count) => {
    if (count === 1) socket.resetAndDestroy();
    else socket.write(count === 2 ? answer(502) : project);
  }, onTestFinished);
  expect(await services.get("project", projectPath(uid))).toMatchObject({ etag: "14" });
  expect(new Set(server.requests.map(({ headers }) => headers["x-request-id"])).size).toBe(1);
  expect(calls).toMatchObject([{ statusClass: "2xx", status: 200, retries: 2 }]);
  expect(retries.map(({ service, kind, status }) => [service, kind, status])).toEqual([
    ["project", "transient", undefined],
    ["project", "transient", 502],
  ]);
});

test("gives up reading in twice the time of a request", async ({ expect, onTestFinished }) => {
  const { services, calls } = await scriptedServices(() => undefined, onTestFinished, {
    requestTimeoutMs: 150,
  });
  const error = await unavailableOf(services.get("committee", committeePath(uid)));
  expect(error.reason).toMatchObject({ code: "service_unavailable" });
  expect(error.reason.message).toMatch(/no whole answer within \d+ ms/);
  expect(calls).toMatchObject([{ method: "GET", statusClass: "none" }]);
});

test.for([
  ["500, as the services do it", tokenFault],
  ["401, as a gateway does it", answer(401)],
] as const)(
  "repeats once with a new token when the old one is refused by %s",
  async ([, raw], { expect, onTestFinished }) => {
    const { services, server, tokens, calls } = await scriptedServices((socket, { headers }) => {
      socket.write(
        headers.authorization?.endsWith("-1") === true ? raw : answer(200, { uid }, { etag: "1" }),
      );
    }, onTestFinished);
    expect(await services.send(createProject, jane)).toEqual({ result: "done", uid });
    expect(tokens.refusals).toEqual(["jane-project"]);
    expect(await services.get("committee", committeePath(uid))).toMatchObject({ etag: "1" });
    expect(tokens.refusals).toEqual(["jane-project", "helper@clients-committee"]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer jane-project-1",
      "Bearer jane-project-2",
      "Bearer helper@clients-committee-1",
      "Bearer helper@clients-committee-2",
    ]);
    expect(calls.map(({ status }) => status)).toEqual([
      raw === tokenFault ? 500 : 401,
      200,
      raw === tokenFault ? 500 : 401,
      200,
    ]);
  },
);

test("says what to look at when the new token is refused too", async ({ expect, onTestFinished }) => {
  const { services, server } = await scriptedServices((socket) => socket.write(tokenFault), onTestFinished);
  const answered = await services.send(updateProject, jane);
  expect(answered).toMatchObject({
    result: "unavailable",
    reason: { code: "service_unavailable", status: 500 },
  });
  expect(JSON.stringify(answered)).toContain("check HEIMDALL_PRIVATE_KEY, HEIMDALL_KEY_ID");
  const error = await unavailableOf(services.get("project", projectPath(uid)));
  expect(error.reason.message).toContain("token is expired (exp); it refuses the tokens");
  // Two each: a read does not try a refused token three times either.
  expect(server.requests).toHaveLength(4);
});

test("sends nothing without credentials, and says why there are none", async ({ expect, onTestFinished }) => {
  const why = { code: "service_unavailable", message: "The key set did not answer." } as const;
  const auth = {
    headersFor: () => Promise.reject(new UnavailableError(why, { retryAfterMs: 500 })),
    refused: () => undefined,
  };
  const { services, server } = await scriptedServices(() => undefined, onTestFinished, { auth });
  expect(await services.send(createProject, jane)).toEqual({
    result: "unavailable",
    reason: why,
    retryAfterMs: 500,
  });
  expect((await unavailableOf(services.get("project", projectPath(uid)))).reason).toEqual(why);
  expect(server.requests).toEqual([]);
});

test("waits for new credentials, but not for ever", async ({ expect, onTestFinished }) => {
  let token = "old";
  const auth = {
    headersFor: async () => ({ authorization: token }),
    refused: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      token = "new";
    },
  };
  const script = (socket: Socket, request: { readonly headers: Readonly<Record<string, string>> }) =>
    socket.write(request.headers.authorization === "new" ? project : tokenFault);
  const { services } = await scriptedServices(script, onTestFinished, { auth });
  expect(await services.get("project", projectPath(uid))).toMatchObject({ etag: "14" });
  const hanging = { headersFor: auth.headersFor, refused: () => new Promise<void>(() => undefined) };
  token = "old";
  const other = await scriptedServices(script, onTestFinished, { auth: hanging, requestTimeoutMs: 1000 });
  expect((await other.services.send(createProject, jane)).result).toBe("unavailable");
  expect(other.server.requests).toHaveLength(1);
});

test("does not wait for credentials for ever", async ({ expect, onTestFinished }) => {
  const auth = { headersFor: () => new Promise<never>(() => undefined), refused: () => undefined };
  const { services } = await scriptedServices(() => undefined, onTestFinished, {
    auth,
    requestTimeoutMs: 50,
  });
  expect(services.longestSendMs).toBe(75);
  expect((await services.send(createProject, jane)).result).toBe("unavailable");
});

test("has no more calls under way than it is told, and sends nothing for whom no turn comes", async ({
  expect,
  onTestFinished,
}) => {
  const open: Socket[] = [];
  const { services, server } = await scriptedServices((socket) => open.push(socket), onTestFinished, {
    maxInFlight: 2,
    requestTimeoutMs: 2000,
  });
  const sent = Array.from({ length: 4 }, () => services.send(updateProject, jane));
  await waitFor(() => open.length === 2 && services.loads()[0]?.waiting === 2, { what: "two to wait" });
  expect(services.loads()).toMatchObject([
    { service: "project", limit: 2, inFlight: 2, waiting: 2, pausedMs: 0 },
    { service: "committee", inFlight: 0 },
  ]);
  // Those under way hang until their time is over; by then the others have had no turn.
  const results = (await Promise.all(sent)).map(({ result }) => result);
  expect(results).toEqual(["unknown", "unknown", "unavailable", "unavailable"]);
  expect(server.requests).toHaveLength(2);
});

test("keeps its connections", async ({ expect, onTestFinished }) => {
  const sockets = new Set<Socket>();
  const { services } = await scriptedServices((socket) => {
    sockets.add(socket);
    socket.write(project);
  }, onTestFinished);
  for (let time = 0; time < 20; time++) await services.get("project", projectPath(uid));
  // A second is opened when the first is not quite free again.
  expect(sockets.size).toBeLessThanOrEqual(2);
});

test("says that a service has no address", async ({ expect, onTestFinished }) => {
  const { services } = await scriptedServices(() => undefined, onTestFinished, {
    committeeServiceUrl: undefined,
  });
  expect([services.has("project"), services.has("committee")]).toEqual([true, false]);
  const reason = {
    code: "service_not_configured",
    message: expect.stringContaining("COMMITTEE_SERVICE_URL"),
  };
  expect((await unavailableOf(services.get("committee", committeePath(uid)))).reason).toEqual(reason);
  expect(await services.send(inCommittees(createProject), reader)).toEqual({ result: "unavailable", reason });
});

test("asks for nothing under what is no uid", async ({ expect, onTestFinished }) => {
  const { services, server } = await scriptedServices((socket) => socket.write(project), onTestFinished);
  const error = await unavailableOf(services.get("project", projectPath("../projects")));
  expect(error.reason).toMatchObject({ code: "missing_in_v2" });
  expect(server.requests).toEqual([]);
});
