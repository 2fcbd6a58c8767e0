// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type LookupFunction, type Server } from "node:net";
import { test as base, describe } from "vitest";
import { PreflightError, type PreflightOptions, preflight } from "../src/preflight/index.ts";
import type { Side } from "../src/side.ts";
import {
  createTlsIdentity,
  DEFAULT_CREDENTIALS,
  type FaultRule,
  type FaultS3,
  type FaultS3Options,
  LISTINGS,
  putText,
  startFaultS3,
  WRITES,
} from "./fault-s3/index.ts";

type Role = Side["role"];
type Changes = Partial<Omit<Side, "role">>;

function sideAt(role: Role, endpoint: string, changes: Changes = {}): Side {
  return {
    role,
    endpoint: new URL(endpoint),
    bucket: role === "source" ? "src" : "dst",
    prefix: "",
    region: "",
    provider: "Other",
    pathStyle: true,
    credentials: DEFAULT_CREDENTIALS,
    ...changes,
  };
}

interface World {
  /** A healthy server with one object in `src` and an empty `dst`. */
  readonly healthy: FaultS3;
  start(options?: FaultS3Options): Promise<FaultS3>;
  /** Checks both sides; what is not given is at the healthy server. */
  check(options: Partial<PreflightOptions>): ReturnType<typeof preflight>;
  /** The error of a source at this endpoint. */
  sourceError(
    endpoint: string,
    changes?: Changes,
    options?: Partial<PreflightOptions>,
  ): Promise<PreflightError>;
  listen(server: Server): Promise<number>;
}

const test = base.extend<{ world: World }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  world: async ({}, use) => {
    await using stack = new AsyncDisposableStack();
    const start = async (options?: FaultS3Options): Promise<FaultS3> => {
      const server = stack.use(await startFaultS3({ buckets: ["src", "dst"], ...options }));
      putText(server.store, "src", "one", "1");
      return server;
    };
    const healthy = await start();
    const check: World["check"] = (options) =>
      preflight({
        source: sideAt("source", healthy.endpoint),
        destination: sideAt("destination", healthy.endpoint),
        isDryRun: false,
        createDestinationBucket: false,
        insecureSkipVerify: false,
        signal: new AbortController().signal,
        ...options,
      });
    const sourceError: World["sourceError"] = (endpoint, changes, options) =>
      errorOf(check({ source: sideAt("source", endpoint, changes), ...options }));
    const listen: World["listen"] = async (server) => {
      stack.defer(() => void server.close());
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    };
    await use({ healthy, start, check, sourceError, listen });
  },
});

async function errorOf(outcome: Promise<unknown>): Promise<PreflightError> {
  const error: unknown = await outcome.then(
    () => new Error("pre-flight found nothing wrong"),
    (reason: unknown) => reason,
  );
  if (error instanceof PreflightError) return error;
  throw error;
}

const SECRETS = [
  DEFAULT_CREDENTIALS.accessKeyId,
  DEFAULT_CREDENTIALS.secretAccessKey,
  "wrong-key",
  "wrong-secret",
  "top-token",
];

function listingFault(fault: FaultRule["fault"]): FaultRule[] {
  return [{ operation: [...LISTINGS], fault }];
}

function answering(status: number, body: string, headers: Record<string, string> = {}): FaultRule[] {
  return [{ fault: { kind: "answer", status, body, headers } }];
}

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

test("a proxy that is none is told by the name of its variable alone", async ({ world, expect }) => {
  const error = await world.sourceError("http://s3.test", {}, { env: { HTTP_PROXY: "socks://top-token@x" } });
  expect(error.failureClass).toBe("config");
  expect(error.message).toMatch(/cannot be asked: HTTP_PROXY is not a proxy that can be used/);
  expect(error.message).not.toContain("top-token");
});

test("goes through a proxy where the environment names one", async ({ world, expect }) => {
  const requests: string[] = [];
  const proxy = createHttpServer((_request, response) => response.end());
  proxy.on("connect", (request, socket) => {
    requests.push(request.url ?? "");
    socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  });
  const port = await world.listen(proxy);
  const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
  const error = await world.sourceError("https://s3.test", {}, { env });
  expect(requests).toContain("s3.test:443");
  expect(error.failureClass).toBe("config");
  expect(error.message).toMatch(/the proxy wants other credentials \(407\).*check HTTPS_PROXY and NO_PROXY/);
});

describe("TLS", () => {
  test.for([
    [
      "an unknown authority",
      {},
      /certificate of an unknown authority \(DEPTH_ZERO_SELF_SIGNED_CERT\): give that authority's certificate in CA_CERT/,
    ],
    ["a certificate that has expired", { isExpired: true }, /has expired \(CERT_HAS_EXPIRED\): renew it/],
    [
      "another name",
      { names: [{ type: "dns", value: "other.test" }] },
      /for another name \(ERR_TLS_CERT_ALTNAME_INVALID\): set SOURCE_S3_ENDPOINT/,
    ],
  ] as const)("with %s is refused", async ([, certificate, sentence], { world, expect }) => {
    const tls = await createTlsIdentity(certificate);
    const server = await world.start({ tls });
    const caCert = "isExpired" in certificate || "names" in certificate ? { caCert: tls.caCertificate } : {};
    const error = await world.sourceError(server.endpoint, {}, caCert);
    expect(error.failureClass).toBe("config");
    expect(error.message).toMatch(sentence);
    expect(server.log.entries).toEqual([]);
  });

  test("is fine with the right CA, and with none when told so, which it warns of", async ({
    world,
    expect,
  }) => {
    const tls = await createTlsIdentity();
    const server = await world.start({ tls });
    const source = sideAt("source", server.endpoint);
    expect((await world.check({ source, caCert: tls.caCertificate })).source.warnings).toEqual([]);
    const { warnings } = (await world.check({ source, insecureSkipVerify: true })).source;
    expect(warnings).toEqual([expect.stringContaining("INSECURE_SKIP_VERIFY=true accepts any certificate")]);
  });

  test("where the server speaks plain HTTP names the way out, and the other way round", async ({
    world,
    expect,
  }) => {
    const error = await world.sourceError(world.healthy.endpoint.replace("http:", "https:"));
    expect(error.failureClass).toBe("config");
    expect(error.message).toMatch(/does not speak TLS \(\w+\): begin SOURCE_S3_ENDPOINT with http:\/\//);
    const secure = await world.start({ tls: await createTlsIdentity() });
    const other = await world.sourceError(secure.endpoint.replace("https:", "http:"));
    expect(other.message).toMatch(/begin SOURCE_S3_ENDPOINT with https:\/\//);
  });
});

describe("two sides that work", () => {
  test("are reported with few questions, none of which writes", async ({ world, expect }) => {
    const { source, destination } = await world.check({});
    expect(source).toEqual({
      isEmpty: false,
      warnings: [expect.stringMatching(/^Source bucket "src" .* plain http/)],
    });
    expect(destination).toEqual({
      isEmpty: true,
      warnings: [expect.stringMatching(/^Destination bucket "dst" .* plain http/)],
    });
    const { log, store } = world.healthy;
    expect(log.counts()).toEqual({ ListObjects: 2, HeadBucket: 2, HeadObject: 1, UploadPart: 1 });
    expect(store.bucket("dst").objects.size + store.bucket("dst").uploads.size).toBe(0);
  });

  test("are looked at under their prefix, its own marker aside", async ({ world, expect }) => {
    putText(world.healthy.store, "src", "some/", "");
    putText(world.healthy.store, "src", "full/", "");
    putText(world.healthy.store, "src", "full/a b+c%20é(1)", "x");
    const at = (prefix: string) => ({ source: sideAt("source", world.healthy.endpoint, { prefix }) });
    expect((await world.check(at("none/"))).source.isEmpty).toBe(true);
    expect((await world.check(at("some/"))).source.isEmpty).toBe(true);
    const full = (await world.check(at("full/"))).source;
    expect(full).toEqual({ isEmpty: false, warnings: [expect.stringContaining("plain http")] });
  });

  test("are not called empty by a page that says there is more", async ({ world, expect }) => {
    const body = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    const server = await world.start({ faults: listingFault({ kind: "answer", status: 200, body }) });
    expect((await world.check({ source: sideAt("source", server.endpoint) })).source.isEmpty).toBe(false);
  });

  test("are found by host name where the bucket is one", async ({ world, expect }) => {
    const server = await world.start({ baseHost: "s3.test" });
    const lookup: LookupFunction = (name, options, callback) => {
      if (name !== "src.s3.test") callback(Object.assign(new Error(name), { code: "ENOTFOUND" }), []);
      else if (options.all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
      else callback(null, "127.0.0.1", 4);
    };
    const source = sideAt("source", `http://s3.test:${server.port}`, { pathStyle: false });
    expect((await world.check({ source, lookup })).source.isEmpty).toBe(false);
    expect(server.log.entries.map(({ bucket, status }) => `${bucket} ${status}`)).toEqual([
      "src 200",
      "src 200",
      "src 200",
    ]);
    const missing = await world.sourceError(
      `http://s3.test:${server.port}`,
      { pathStyle: false, bucket: "none" },
      { lookup },
    );
    expect(missing.message).toMatch(
      /no host is named none\.s3\.test \(ENOTFOUND\): check SOURCE_S3_ENDPOINT, or SOURCE_PATH_STYLE=true/,
    );
  });

  test("may answer 503 and lose a connection first", async ({ world, expect }) => {
    const once503: FaultRule = {
      operation: "ListObjects",
      times: 1,
      fault: { kind: "error", code: "SlowDown" },
    };
    const onceReset: FaultRule = { operation: "ListObjects", times: 1, fault: { kind: "reset" } };
    const server = await world.start({ faults: [once503, onceReset] });
    expect((await world.check({ source: sideAt("source", server.endpoint) })).source.isEmpty).toBe(false);
    expect(server.log.counts()).toMatchObject({ ListObjects: 3 });
  });

  test("are warned of: the clock, the region, an object that may not be read", async ({ world, expect }) => {
    const server = await world.start({
      clockAheadMs: 6 * 60_000,
      faults: [
        { operation: "HeadObject", fault: { kind: "error", code: "AccessDenied" } },
        {
          operation: "HeadBucket",
          fault: { kind: "answer", status: 200, body: "", headers: { "x-amz-bucket-region": "eu-1" } },
        },
      ],
    });
    const { warnings } = (await world.check({ source: sideAt("source", server.endpoint) })).source;
    expect(warnings).toEqual([
      expect.stringContaining("plain http"),
      expect.stringContaining("clock is 6 minutes behind the endpoint's"),
      expect.stringContaining('lies in region "eu-1"; set SOURCE_REGION=eu-1.'),
      expect.stringContaining("refuses to show it (status 403); grant SOURCE_ACCESS_KEY s3:GetObject"),
    ]);
  });

  test.for([
    ["refuse", { kind: "error", code: "AccessDenied" }],
    ["leave out", { kind: "reset" }],
  ] as const)(
    "may %s the bucket's head, as some policies and servers do",
    async ([, fault], { world, expect }) => {
      const server = await world.start({
        faults: [{ operation: "HeadBucket", fault }],
      });
      expect((await world.check({ source: sideAt("source", server.endpoint) })).source.isEmpty).toBe(false);
    },
  );
});

describe("a bucket that is not there", () => {
  const NO_HEAD: FaultRule[] = [
    { operation: "HeadBucket", fault: { kind: "error", code: "NoSuchBucket" } },
    { operation: "ListObjects", fault: { kind: "empty_page" } },
  ];

  test("is believed where the listing is empty and the head says so", async ({ world, expect }) => {
    const server = await world.start({ faults: NO_HEAD });
    expect(await world.sourceError(server.endpoint)).toMatchObject({ failureClass: "not_found" });
  });

  test("at the destination can be made, but not in a dry run", async ({ world, expect }) => {
    const server = await world.start();
    const destination = sideAt("destination", server.endpoint, { bucket: "new-bucket" });
    const refused = await errorOf(world.check({ destination }));
    expect(refused).toMatchObject({ side: "destination", failureClass: "not_found" });
    expect(refused.message).toMatch(
      /check DEST_BUCKET and DEST_S3_ENDPOINT, or set CREATE_DEST_BUCKET=true to have it made\.$/,
    );

    const planned = await world.check({ destination, createDestinationBucket: true, isDryRun: true });
    expect(planned.destination).toMatchObject({
      isEmpty: true,
      warnings: [expect.anything(), expect.stringContaining("a real run creates it")],
    });
    expect(server.store.buckets.has("new-bucket")).toBe(false);

    const made = await world.check({ destination, createDestinationBucket: true });
    expect(made.destination).toMatchObject({
      isEmpty: true,
      warnings: [expect.anything(), expect.stringContaining("was created")],
    });
    expect(server.log.counts()).toMatchObject({ CreateBucket: 1 });
    expect(server.store.buckets.has("new-bucket")).toBe(true);
  });

  test("is made in its region", async ({ world, expect }) => {
    const server = await world.start({ region: "eu-1" });
    const destination = sideAt("destination", server.endpoint, { bucket: "new-bucket", region: "eu-1" });
    await world.check({ destination, createDestinationBucket: true });
    expect(server.store.buckets.has("new-bucket")).toBe(true);
  });

  test("may not be for us to make", async ({ world, expect }) => {
    const server = await world.start({
      faults: [{ operation: "CreateBucket", fault: { kind: "error", code: "AccessDenied" } }],
    });
    const destination = sideAt("destination", server.endpoint, { bucket: "new-bucket" });
    const error = await errorOf(world.check({ destination, createDestinationBucket: true }));
    expect(error.message).toMatch(
      /denies access \(AccessDenied\): grant DEST_ACCESS_KEY s3:CreateBucket there/,
    );
    expect(error.failureClass).toBe("auth");
  });
});

describe("a destination that may not be written", () => {
  const readOnly: FaultRule[] = [{ operation: [...WRITES], fault: { kind: "error", code: "AccessDenied" } }];

  test("is found before rclone fails on every object", async ({ world, expect }) => {
    const server = await world.start({ faults: readOnly });
    const error = await errorOf(
      world.check({ destination: sideAt("destination", server.endpoint, { prefix: "to/" }) }),
    );
    expect(error).toMatchObject({ side: "destination", failureClass: "auth", s3Code: "AccessDenied" });
    expect(error.message).toMatch(
      /^Destination .* denies access \(AccessDenied\): grant DEST_ACCESS_KEY s3:PutObject there under "to\/"\.$/,
    );
  });

  test("is a warning in a dry run, which writes nothing to find out", async ({ world, expect }) => {
    const server = await world.start({ faults: readOnly });
    const { destination } = await world.check({
      destination: sideAt("destination", server.endpoint),
      isDryRun: true,
    });
    expect(destination.warnings[1]).toMatch(
      /denies access .* s3:PutObject there; only a dry run can do without\./,
    );
    expect(server.log.counts()).toEqual({ ListObjects: 1, HeadBucket: 1, UploadPart: 1 });
  });

  test("is asked a second time, and cleaned up after, where the first refusal may be a server's oddity", async ({
    world,
    expect,
  }) => {
    const server = await world.start({
      faults: [{ operation: "UploadPart", fault: { kind: "error", code: "AccessDenied" } }],
    });
    const { destination } = await world.check({ destination: sideAt("destination", server.endpoint) });
    expect(destination.warnings).toHaveLength(1);
    expect(server.log.counts()).toMatchObject({ CreateMultipartUpload: 1, AbortMultipartUpload: 1 });
    expect(server.store.bucket("dst").uploads.size).toBe(0);
  });
});

describe("both sides", () => {
  test("are looked at at the same time, and both told", async ({ world, expect }) => {
    const server = await world.start({ faults: listingFault({ kind: "hang" }) });
    const error = await errorOf(
      world.check({
        source: sideAt("source", server.endpoint),
        destination: sideAt("destination", world.healthy.endpoint, { bucket: "missing" }),
        timeoutMs: 300,
      }),
    );
    // What will not mend itself decides the exit code.
    expect(error).toMatchObject({ side: "destination", failureClass: "not_found" });
    expect(error.message).toMatch(
      /^Destination bucket "missing" .*\. Source bucket "src" .* gives no whole answer/,
    );
  });

  test("are left at once when the job is stopped", async ({ world, expect }) => {
    const server = await world.start({ faults: listingFault({ kind: "hang" }) });
    const controller = new AbortController();
    const outcome = world.check({ source: sideAt("source", server.endpoint), signal: controller.signal });
    controller.abort(new Error("SIGTERM"));
    await expect(outcome).rejects.toThrow("SIGTERM");
  });
});
