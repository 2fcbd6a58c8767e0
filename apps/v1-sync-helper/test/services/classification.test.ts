// SPDX-License-Identifier: MIT
import type { Socket } from "node:net";
import { test } from "vitest";
import type { WriteCall } from "../../src/objects/plan.ts";
import type { WriteAnswer } from "../../src/services/answer.ts";
import { answer } from "./raw-service.ts";
import {
  createProject,
  deleteProject,
  inCommittees,
  jane,
  scriptedServices,
  uid,
  updateProject,
} from "./scripted-services.ts";

const html = { "content-type": "text/html" };
const page = "<html><head><title>503</title></head><body>Service Temporarily Unavailable</body></html>";
const fault = (message: string) => ({ name: "fault", id: "Xa1", message, fault: true });
const coded = (code: number, message: string) => ({ code: String(code), message });
const lostRace = "update: nats: API error: code=400 err_code=10071 description=wrong last sequence: 5";

const post = createProject;
const put = updateProject;
const remove = deleteProject;

type Case = readonly [what: string, call: WriteCall, raw: string, expected: WriteAnswer["result"]];

const cases: readonly Case[] = [
  ["201 with a uid", post, answer(201, { uid, slug: "one" }), "done"],
  ["200 to a POST with a uid", post, answer(200, { uid }), "done"],
  ["200 to a PUT", put, answer(200, { uid }), "done"],
  ["200 to a PUT without a body", put, answer(200), "done"],
  ["204", remove, answer(204, "", { "content-length": "0" }), "done"],
  ["201 without a body", post, answer(201), "unknown"],
  ["201 that is HTML", post, answer(201, page, html), "unknown"],
  ["201 without a uid", post, answer(201, { slug: "one" }), "unknown"],
  ["201 with a uid that is none", post, answer(201, { uid: "x" }), "unknown"],
  ["201 with a list", post, answer(201, [{ uid }]), "unknown"],

  ["v0.5.3's stale revision", put, answer(400, coded(400, "revision mismatch")), "stale"],
  ["a stale If-Match", put, answer(400, coded(400, "If-Match does not match")), "stale"],
  ["a stale project", put, answer(409, coded(409, "revision mismatch")), "stale"],
  [
    "a stale committee",
    inCommittees(put),
    answer(409, { message: "it was modified by another process" }),
    "stale",
  ],
  ["a stale member", inCommittees(put), answer(409, { message: "x: revision conflict: 5" }), "stale"],
  ["a stale delete", remove, answer(409, coded(409, "revision mismatch")), "stale"],
  ["a delete with any conflict", remove, answer(409), "stale"],
  ["412", put, answer(412), "stale"],
  ["a lost race", inCommittees(put), answer(500, { message: lostRace }), "stale"],
  ["a delete's lost race", inCommittees(remove), answer(500, { message: lostRace }), "stale"],
  ["a create's lost race", inCommittees(post), answer(500, { message: lostRace }), "unknown"],

  ["a slug that is taken", post, answer(409, coded(409, "project slug already exists")), "taken"],
  ["a slug that is taken, on update", put, answer(409, coded(409, "project slug already exists")), "taken"],
  ["409 without a word", post, answer(409), "taken"],
  ["409 to a create, whatever it says", post, answer(409, coded(409, "revision mismatch")), "taken"],

  ["404 to an update", put, answer(404, coded(404, "project not found")), "gone"],
  ["404 to a delete", inCommittees(remove), answer(404, { message: "committee not found" }), "gone"],
  ["404 to a create", inCommittees(post), answer(404, { message: "get_slug: project not found" }), "gone"],
  ["404 without a word", remove, answer(404), "gone"],
  ["404 of an unknown route", remove, answer(404, fault("404 page not found")), "unavailable"],
  ["404 of another server", remove, answer(404, page, html), "unavailable"],
  ["404 in plain text", remove, answer(404, "404 page not found\n"), "unavailable"],

  ["403", put, answer(403), "refused"],
  ["400", post, answer(400, { name: "missing_field", message: '"slug" is missing' }), "refused"],
  ["400 on a missing If-Match", put, answer(400, coded(400, "validation failed")), "refused"],
  [
    "400 that talks about revisions on a create",
    post,
    answer(400, coded(400, "revision mismatch")),
    "refused",
  ],
  ["405", put, answer(405), "refused"],
  ["413", post, answer(413), "refused"],
  ["415", post, answer(415, { name: "unsupported_media_type", message: "no" }), "refused"],
  ["422", post, answer(422, { message: "no" }), "refused"],

  ["429", post, answer(429, "", { "retry-after": "7" }), "unavailable"],
  ["302", put, answer(302, "", { location: "https://elsewhere.example.org/" }), "unavailable"],
  ["304", put, answer(304), "unavailable"],

  ["500", post, answer(500, coded(500, "internal error")), "unknown"],
  ["500 with a fault that is no token's", post, answer(500, fault("panic")), "unknown"],
  ["501", post, answer(501), "unknown"],
  ["502 with a page", put, answer(502, page, html), "unknown"],
  ["503", put, answer(503, "", { "retry-after": "3" }), "unknown"],
  ["504 to a delete", remove, answer(504), "unknown"],
  ["408", post, answer(408), "unknown"],

  [
    "a truncated answer",
    post,
    `HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{"uid":"${uid}"`,
    "unknown",
  ],
  ["something that is not HTTP", post, "SSH-2.0-OpenSSH_9.2\r\n", "unknown"],
  [
    "an answer beyond all measure",
    post,
    `HTTP/1.1 201 Created\r\ncontent-length: 99999999\r\n\r\n{`,
    "unknown",
  ],
];

test.for(cases)("%s", { timeout: 30_000 }, async ([, call, raw, expected], { expect, onTestFinished }) => {
  const script = (socket: Socket) => socket.end(raw);
  const { services, server, tokens } = await scriptedServices(script, onTestFinished);
  const result = await services.send(call, jane);
  expect(result.result).toBe(expected);
  expect(server.requests).toHaveLength(1);
  expect(tokens.refusals).toEqual([]);
  if (result.result === "done" || result.result === "stale") return;
  const { reason } = result;
  expect(reason).toMatchObject({ call: `${call.method} ${call.path}`, code: codes[result.result] });
  const requestId = server.requests[0]?.headers["x-request-id"];
  expect(reason.message).toMatch(
    new RegExp(
      `^${call.method} ${call.path} .+ \\(${call.service} service at ${server.url}, request ${requestId}\\)\\.$`,
    ),
  );
});

const codes = {
  taken: "taken",
  gone: "missing_in_v2",
  refused: "refused_by_service",
  unavailable: "service_unavailable",
  unknown: "outcome_unknown",
} as const;

test("gives the uid of a create, the status of a refusal, and how long to wait", async ({
  expect,
  onTestFinished,
}) => {
  const answers = [
    answer(201, { uid, more: "x" }),
    answer(400, coded(400, "parent of joe@example.org is bad")),
    answer(503, "", { "retry-after": "3" }),
    answer(429, "", { "retry-after": "7" }),
  ];
  const { services } = await scriptedServices(
    (socket, _request, count) => socket.write(answers[count - 1] ?? ""),
    onTestFinished,
  );
  expect(await services.send(post, jane)).toEqual({ result: "done", uid });
  const refused = await services.send(post, jane);
  expect(refused).toMatchObject({ result: "refused", reason: { status: 400 } });
  expect(JSON.stringify(refused)).toContain("was answered 400: parent of [e-mail address] is bad");
  expect(await services.send(put, jane)).toMatchObject({
    result: "unknown",
    retryAfterMs: 3000,
    reason: { status: 503 },
  });
});

test("does not ask again before the time that the service asked for", async ({ expect, onTestFinished }) => {
  const { services, server } = await scriptedServices(
    (socket) => socket.write(answer(429, "", { "retry-after": "30" })),
    onTestFinished,
  );
  expect(await services.send(post, jane)).toMatchObject({ result: "unavailable", retryAfterMs: 30_000 });
  const next = await services.send(post, jane);
  expect(next).toMatchObject({ result: "unavailable", reason: { code: "service_busy" } });
  expect(next.result === "unavailable" && next.retryAfterMs).toBeGreaterThan(25_000);
  expect(server.requests).toHaveLength(1);
  expect(services.loads()[0]).toMatchObject({ service: "project", limit: 50, inFlight: 0, waiting: 0 });
});

test.for([
  ["is reset before an answer", (socket: Socket) => socket.resetAndDestroy()],
  ["is closed before an answer", (socket: Socket) => socket.end()],
  ["is reset in the middle of one", resetInTheMiddle],
] as const)(
  "a connection that %s leaves the outcome unknown",
  async ([, script], { expect, onTestFinished }) => {
    const { services, server } = await scriptedServices(script, onTestFinished);
    for (const call of [post, put, remove]) {
      expect(await services.send(call, jane)).toMatchObject({
        result: "unknown",
        reason: { code: "outcome_unknown" },
      });
    }
    expect(server.requests).toHaveLength(3);
  },
);

function resetInTheMiddle(socket: Socket): void {
  socket.write("HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{", () => socket.resetAndDestroy());
}

test("a service that hangs, or that comes too late, leaves the outcome unknown", async ({
  expect,
  onTestFinished,
}) => {
  const { services, calls } = await scriptedServices(() => undefined, onTestFinished, {
    requestTimeoutMs: 1000,
  });
  const late = await services.send(post, jane);
  expect(late).toMatchObject({ result: "unknown", reason: { code: "outcome_unknown" } });
  expect(late.result === "unknown" && late.reason.message).toContain("no whole answer within 1000 ms");
  expect(calls).toMatchObject([{ statusClass: "none", retries: 0 }]);
});

test("an answer that trickles in beyond its time leaves the outcome unknown", async ({
  expect,
  onTestFinished,
}) => {
  const { services } = await scriptedServices(
    (socket) => {
      socket.write("HTTP/1.1 201 Created\r\ncontent-length: 100000\r\n\r\n");
      const timer = setInterval(() => socket.write(" "), 5);
      socket.on("close", () => clearInterval(timer));
    },
    onTestFinished,
    { requestTimeoutMs: 1000 },
  );
  expect((await services.send(post, jane)).result).toBe("unknown");
});

test("a service that nobody can reach has certainly done nothing", async ({ expect, onTestFinished }) => {
  const { services, server } = await scriptedServices(() => undefined, onTestFinished);
  await server[Symbol.asyncDispose]();
  const refused = await services.send(post, jane);
  expect(refused).toMatchObject({ result: "unavailable", reason: { code: "service_unavailable" } });
  expect(JSON.stringify(refused)).toContain("nothing listens there");
  const nameless = await scriptedServices(() => undefined, onTestFinished, {
    projectServiceUrl: "http://no-such-service.invalid",
  });
  expect((await nameless.services.send(put, jane)).result).toBe("unavailable");
});

test("what ends with the program is unknown when it was sent", async ({ expect, onTestFinished }) => {
  const seen = Promise.withResolvers<void>();
  const { services } = await scriptedServices(() => seen.resolve(), onTestFinished);
  const sent = services.send(post, jane);
  await seen.promise;
  await services[Symbol.asyncDispose]();
  expect((await sent).result).toBe("unknown");
  expect((await services.send(post, jane)).result).toBe("unavailable");
});

test("sends nothing where what should be a uid is none", async ({ expect, onTestFinished }) => {
  const { services, server } = await scriptedServices(() => undefined, onTestFinished);
  const answered = await services.send({ ...put, path: "/projects/..%2Fadmin" }, jane);
  expect(answered).toMatchObject({ result: "refused", reason: { code: "missing_in_v2" } });
  expect(server.requests).toEqual([]);
});
