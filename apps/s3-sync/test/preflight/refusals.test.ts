// SPDX-License-Identifier: Apache-2.0
import { createServer, type LookupFunction } from "node:net";
import { describe } from "vitest";
import type { PreflightError } from "../../src/preflight/index.ts";
import { DEFAULT_CREDENTIALS, type FaultRule, type FaultS3Options } from "../fault-s3/index.ts";
import { answering, type Changes, listingFault, SECRETS, test } from "./world.ts";

describe("a source that refuses", () => {
  const rows: readonly [string, FaultS3Options, Changes, Partial<PreflightError>, RegExp][] = [
    [
      "the key",
      {},
      { credentials: { accessKeyId: "wrong-key", secretAccessKey: "wrong-secret" } },
      { failureClass: "auth", s3Code: "InvalidAccessKeyId" },
      /does not know the access key \(InvalidAccessKeyId\): check SOURCE_ACCESS_KEY/,
    ],
    [
      "the signature",
      {},
      { credentials: { ...DEFAULT_CREDENTIALS, secretAccessKey: "wrong-secret" } },
      { failureClass: "auth", s3Code: "SignatureDoesNotMatch" },
      /refuses the signature \(SignatureDoesNotMatch\): check that SOURCE_SECRET_KEY belongs to SOURCE_ACCESS_KEY/,
    ],
    [
      "the token",
      {},
      { credentials: { ...DEFAULT_CREDENTIALS, sessionToken: "top-token" } },
      { failureClass: "auth", s3Code: "InvalidToken" },
      /refuses the session token \(InvalidToken\): check SOURCE_SESSION_TOKEN/,
    ],
    [
      "an old token",
      { credentials: [{ ...DEFAULT_CREDENTIALS, sessionToken: "top-token", isExpired: true }] },
      { credentials: { ...DEFAULT_CREDENTIALS, sessionToken: "top-token" } },
      { failureClass: "auth", s3Code: "ExpiredToken" },
      /session token has expired \(ExpiredToken\): give a fresh SOURCE_SESSION_TOKEN/,
    ],
    [
      "to list",
      { faults: listingFault({ kind: "error", code: "AccessDenied" }) },
      { prefix: "a/b/" },
      { failureClass: "auth", s3Code: "AccessDenied" },
      /denies access \(AccessDenied\): grant SOURCE_ACCESS_KEY s3:ListBucket there under "a\/b\/"\./,
    ],
    [
      "a slow clock",
      { clockAheadMs: 20 * 60_000 },
      {},
      { failureClass: "auth", s3Code: "RequestTimeTooSkewed" },
      /this machine's clock is 20 minutes behind its own \(RequestTimeTooSkewed\): set the clock/,
    ],
    [
      "a fast clock",
      { clockAheadMs: -26 * 3_600_000 },
      {},
      { failureClass: "auth", s3Code: "RequestTimeTooSkewed" },
      /this machine's clock is 1 day ahead of its own/,
    ],
    [
      "another region's signature",
      { region: "garage" },
      {},
      { failureClass: "config", s3Code: "AuthorizationHeaderMalformed" },
      /expects signatures for region "garage", not "us-east-1" \(AuthorizationHeaderMalformed\): set SOURCE_REGION=garage\./,
    ],
    [
      "a region that only the message names",
      {
        faults: listingFault({
          kind: "error",
          code: "AuthorizationHeaderMalformed",
          message: "wrong; expecting 'fr-par'",
        }),
        region: "x",
      },
      { region: "x" },
      { failureClass: "config" },
      /expects signatures for region "fr-par", not "x" .*: set SOURCE_REGION=fr-par\./,
    ],
    [
      "by a redirect of S3",
      {
        faults: listingFault({
          kind: "error",
          code: "PermanentRedirect",
          elements: { Endpoint: "src.s3.eu-west-1.example.com" },
          headers: { "x-amz-bucket-region": "eu-west-1" },
        }),
      },
      {},
      { failureClass: "config", s3Code: "PermanentRedirect" },
      /served from elsewhere \(PermanentRedirect\): set SOURCE_S3_ENDPOINT=http:\/\/s3\.eu-west-1\.example\.com/,
    ],
    [
      "because the bucket is missing",
      {},
      { bucket: "missing" },
      { failureClass: "not_found", s3Code: "NoSuchBucket" },
      /^Source bucket "missing" at 127\.0\.0\.1:\d+ does not exist \(NoSuchBucket\): check SOURCE_BUCKET and SOURCE_S3_ENDPOINT\.$/,
    ],
    [
      "with a code that nobody knows",
      { faults: listingFault({ kind: "error", code: "VeryStrange", status: 400 }) },
      {},
      { failureClass: "config", s3Code: "VeryStrange" },
      /refuses the request with status 400 \(VeryStrange\)/,
    ],
  ];

  test.for(rows)("%s", async ([, options, changes, expected, sentence], { world, expect }) => {
    const server = await world.start(options);
    const error = await world.sourceError(server.endpoint, changes);
    expect(error).toMatchObject({ side: "source", ...expected });
    expect(error.message).toMatch(sentence);
    expect(error.message).toMatch(/^Source bucket "[^"]+" at 127\.0\.0\.1:\d+ /);
    for (const secret of SECRETS) expect(error.message).not.toContain(secret);
    // Nothing but questions was asked, and few of them.
    expect(server.log.entries.length).toBeLessThan(5);
  });
});

describe("an endpoint that is no S3 server, or not itself", () => {
  const rows: readonly [string, readonly FaultRule[], Partial<PreflightError>, RegExp][] = [
    [
      "a login page",
      answering(200, "<!DOCTYPE html><html><body>Log in</body></html>"),
      { failureClass: "config" },
      /an HTML page \(status 200\) in place of an S3 listing.*check SOURCE_S3_ENDPOINT/,
    ],
    ["JSON", answering(200, '{"ok":true}'), { failureClass: "config" }, /answers JSON \(status 200\)/],
    ["an empty page", answering(200, ""), { failureClass: "config" }, /answers nothing \(status 200\)/],
    ["text", answering(200, "it works"), { failureClass: "config" }, /text that is no XML \(status 200\)/],
    [
      "another document",
      answering(200, "<feed><entry/></feed>"),
      { failureClass: "config" },
      /XML that is no whole S3 document/,
    ],
    [
      "a document without its end",
      listingFault({ kind: "invalid_xml" }),
      { failureClass: "config" },
      /XML that is no whole S3 document/,
    ],
    [
      "entities that grow",
      answering(
        200,
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><ListBucketResult><Contents>&b;</Contents></ListBucketRes>',
      ),
      { failureClass: "config" },
      /in place of an S3 listing/,
    ],
    [
      "a page that is not found",
      answering(404, "<html>no</html>"),
      { failureClass: "config" },
      /an HTML page \(status 404\)/,
    ],
    [
      "a closed door",
      answering(403, "<html>no</html>"),
      { failureClass: "auth" },
      /an HTML page \(status 403\)/,
    ],
    [
      "a redirect",
      answering(302, "", { location: "https://login.example.com/path?token=top-token" }),
      { failureClass: "config" },
      /redirects to login\.example\.com \(status 302\), which is not followed/,
    ],
    [
      "a proxy that wants a login",
      answering(407, ""),
      { failureClass: "config" },
      /behind a proxy that wants a login \(status 407\)/,
    ],
    [
      "a port of HTTPS",
      answering(400, "<html>The plain HTTP request was sent to HTTPS port</html>"),
      { failureClass: "config" },
      /wants HTTPS \(status 400\): begin SOURCE_S3_ENDPOINT with https:\/\//,
    ],
    [
      "a listing of something else",
      answering(200, "<ListBucketResult><Contents><Key>other</Key></Contents></ListBucketResult>"),
      { failureClass: "config" },
      /lists objects outside "a\/"/,
    ],
    [
      "no backends",
      answering(502, "<html>Bad gateway</html>"),
      { failureClass: "temporary" },
      /fails with status 502 and an HTML page/,
    ],
    [
      "a full stop",
      [{ fault: { kind: "error", code: "SlowDown" } }],
      { failureClass: "temporary", s3Code: "SlowDown" },
      /not able to answer now \(SlowDown\): run again later/,
    ],
    [
      "an internal error",
      [{ fault: { kind: "error", code: "InternalError" } }],
      { failureClass: "temporary", s3Code: "InternalError" },
      /\(InternalError\)/,
    ],
    [
      "a reset",
      [{ fault: { kind: "reset" } }],
      { failureClass: "temporary" },
      /closes the connection without a whole answer .*begin SOURCE_S3_ENDPOINT with https:/,
    ],
    [
      "half a body",
      listingFault({ kind: "cut" }),
      { failureClass: "temporary" },
      /closes the connection without a whole answer/,
    ],
    [
      "a body without end",
      listingFault({ kind: "endless" }),
      { failureClass: "config" },
      /answers a short listing with megabytes/,
    ],
  ];

  test.for(rows)("%s", async ([, faults, expected, sentence], { world, expect }) => {
    const server = await world.start({ faults });
    const error = await world.sourceError(server.endpoint, { prefix: "a/" });
    expect(error).toMatchObject({ side: "source", ...expected });
    expect(error.message).toMatch(sentence);
    for (const secret of SECRETS) expect(error.message).not.toContain(secret);
    // A head and at most three listings.
    expect(server.log.entries.length).toBeLessThanOrEqual(4);
  });

  test.for([
    ["hangs", { kind: "hang" }],
    ["trickles", { kind: "trickle", bytesPerSecond: 10 }],
  ] as const)("one that %s costs no more than the limit", async ([, fault], { world, expect }) => {
    const server = await world.start({ faults: listingFault(fault) });
    const error = await world.sourceError(server.endpoint, {}, { timeoutMs: 300 });
    expect(error).toMatchObject({ failureClass: "temporary", s3Code: "timeout" });
    expect(error.message).toMatch(
      /gives no whole answer in time \(timeout\): check SOURCE_S3_ENDPOINT \(http:/,
    );
    expect(server.log.entries.filter(({ operation }) => operation === "ListObjects")).toHaveLength(1);
  });

  test("one that takes the connection and no more", async ({ world, expect }) => {
    const port = await world.listen(
      createServer((socket) => void socket.unref().on("error", () => undefined)),
    );
    const error = await world.sourceError(`https://127.0.0.1:${port}`, {}, { timeoutMs: 300 });
    expect(error).toMatchObject({ failureClass: "temporary", s3Code: "timeout" });
  });

  test("one that does not speak HTTP", async ({ world, expect }) => {
    const port = await world.listen(
      createServer((socket) => socket.on("error", () => undefined).end("220 mail.example.com ESMTP\r\n")),
    );
    const error = await world.sourceError(`http://127.0.0.1:${port}`);
    expect(error.message).toMatch(/does not answer in HTTP \(\w+\): check the scheme and port/);
    expect(error.failureClass).toBe("config");
  });

  test("one where nothing listens", async ({ world, expect }) => {
    const server = await world.start();
    const { endpoint } = server;
    await server[Symbol.asyncDispose]();
    const error = await world.sourceError(endpoint);
    expect(error).toMatchObject({ failureClass: "temporary", s3Code: "ECONNREFUSED" });
    expect(error.message).toMatch(/refuses connections, nothing listens there/);
  });

  test.for([
    [
      "does not exist",
      "ENOTFOUND",
      "temporary",
      /no host is named s3\.test \(ENOTFOUND\): check SOURCE_S3_ENDPOINT\./,
    ],
    [
      "cannot be resolved now",
      "EAI_AGAIN",
      "temporary",
      /s3\.test cannot be resolved just now \(EAI_AGAIN\)/,
    ],
  ] as const)("one whose name %s", async ([, code, failureClass, sentence], { world, expect }) => {
    let lookups = 0;
    const lookup: LookupFunction = (_name, _options, callback) => {
      lookups += 1;
      callback(Object.assign(new Error(code), { code }), []);
    };
    const error = await world.sourceError("http://s3.test", {}, { lookup });
    expect(error).toMatchObject({ failureClass, s3Code: code });
    expect(error.message).toMatch(sentence);
    // The listing and the head ask once each; only what may change is asked again.
    expect(lookups).toBe(code === "ENOTFOUND" ? 2 : 4);
  });
});
