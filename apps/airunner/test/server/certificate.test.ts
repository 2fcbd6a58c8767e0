// SPDX-License-Identifier: Apache-2.0
// The certificate that the server makes, as strict clients see it.
import { X509Certificate } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { type AddressInfo, isIP } from "node:net";
import { join } from "node:path";
import { checkServerIdentity, connect } from "node:tls";
import { testDirectory } from "@repo/testkit";
import { runExecutable } from "@repo/testkit/process";
import { test } from "vitest";
import {
  ensureLocalCertificate,
  type LocalCertificate,
} from "../../src/server/certificate/local-certificate.ts";
import { localNames } from "../../src/server/certificate/names.ts";
import { readServerCertificate } from "../../src/server/certificate/server-certificate.ts";

const dayMs = 86_400_000;

async function serving(local: LocalCertificate) {
  const server = createServer({ cert: local.certificate, key: local.key }, (_request, response) =>
    response.end("hello"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Why a TLS client refuses the server when it is asked for by `name`; `undefined` where it does not. */
async function refusal(port: number, name: string, ca: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host: "127.0.0.1", port, ca, servername: isIP(name) === 0 ? name : "" });
  socket.once("error", (error) => resolve(error.message));
  socket.once("secureConnect", () => {
    resolve(checkServerIdentity(name, socket.getPeerCertificate())?.message);
  });
  const reason = await promise;
  socket.destroy();
  return reason;
}

test("makes a certificate that strict clients accept under every local name, and no other", async ({
  expect,
}) => {
  await using directory = await testDirectory();
  const nowMs = Date.now();
  const names = [...localNames("build-7"), "runner.example.com"];
  const local = await ensureLocalCertificate({ folder: join(directory.path, "c"), names, nowMs });
  expect(local.made).toBe("authority");
  expect(local.names).toEqual(["localhost", "127.0.0.1", "::1", "build-7", "runner.example.com"]);
  await using server = await serving(local);
  const ca = await readFile(local.authorityFile, "utf8");
  for (const name of local.names)
    expect([name, await refusal(server.port, name, ca)]).toEqual([name, undefined]);
  expect(await refusal(server.port, "elsewhere.example.com", ca)).toMatch(/does not match/);
  const stranger = await ensureLocalCertificate({ folder: join(directory.path, "d"), names, nowMs });
  expect(
    await refusal(server.port, "localhost", await readFile(stranger.authorityFile, "utf8")),
  ).toBeDefined();
});

test("is accepted by OpenSSL as a server's certificate, with curl's own rules", async ({ expect }) => {
  await using directory = await testDirectory();
  const local = await ensureLocalCertificate({
    folder: directory.path,
    names: localNames("m"),
    nowMs: Date.now(),
  });
  await using server = await serving(local);
  await using curl = await runExecutable({
    file: "curl",
    args: ["-sS", "--cacert", local.authorityFile, `https://localhost:${server.port}/`],
    inheritEnv: ["PATH"],
  });
  expect((await curl.waitForExit()).code).toBe(0);
  expect(curl.stdout.lines).toEqual(["hello"]);
  const file = (name: string) => join(directory.path, name);
  await using verify = await runExecutable({
    file: "openssl",
    args: ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", file("ca.pem"), file("server.pem")],
    inheritEnv: ["PATH"],
  });
  expect([(await verify.waitForExit()).code, verify.stdout.lines.at(-1)]).toEqual([
    0,
    expect.stringMatching(/: OK$/),
  ]);
});

test("keeps private keys from everybody else", async ({ expect }) => {
  await using directory = await testDirectory();
  const folder = join(directory.path, "deep", "certificates");
  await ensureLocalCertificate({ folder, names: ["localhost"], nowMs: Date.now() });
  const modes = Object.fromEntries(
    await Promise.all(
      (await readdir(folder)).map(
        async (name) => [name, (await stat(join(folder, name))).mode & 0o777] as const,
      ),
    ),
  );
  expect(modes).toEqual({
    "ca.pem": 0o644,
    "ca-key.pem": 0o600,
    "server.pem": 0o644,
    "server-key.pem": 0o600,
  });
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test("leaves a good certificate alone, and renews it under the same authority when it is due", async ({
  expect,
}) => {
  await using directory = await testDirectory();
  const folder = directory.path;
  const nowMs = Date.now();
  const names = ["localhost", "old.example.com"];
  const first = await ensureLocalCertificate({ folder, names, nowMs });
  const again = await ensureLocalCertificate({ folder, names: ["localhost"], nowMs: nowMs + 360 * dayMs });
  expect([again.made, again.fingerprint]).toEqual(["nothing", first.fingerprint]);
  const late = await ensureLocalCertificate({ folder, names: ["localhost"], nowMs: nowMs + 370 * dayMs });
  expect(late.made).toBe("certificate");
  expect(late.fingerprint).not.toBe(first.fingerprint);
  // Nobody who reached the server by a name shall lose it by a renewal.
  expect(late.names).toEqual(names);
  const named = await ensureLocalCertificate({
    folder,
    names: ["new.example.com"],
    nowMs: nowMs + 371 * dayMs,
  });
  expect([named.made, named.names]).toEqual(["certificate", ["new.example.com", ...names]]);
  const authority = new X509Certificate(await readFile(named.authorityFile));
  expect(new X509Certificate(first.certificate).verify(authority.publicKey)).toBe(true);
  expect(new X509Certificate(named.certificate).verify(authority.publicKey)).toBe(true);
  const forced = await ensureLocalCertificate({ folder, names, nowMs, isForced: true });
  expect(forced.made).toBe("authority");
  expect(new X509Certificate(forced.certificate).verify(authority.publicKey)).toBe(false);
});

test("mends a server's key that does not belong to its certificate", async ({ expect }) => {
  await using directory = await testDirectory();
  const folder = directory.path;
  const options = { folder, names: ["localhost"], nowMs: Date.now() };
  const first = await ensureLocalCertificate(options);
  await writeFile(join(folder, "server-key.pem"), await readFile(join(folder, "ca-key.pem"), "utf8"));
  const mended = await ensureLocalCertificate(options);
  expect(mended.made).toBe("certificate");
  expect(mended.key).not.toBe(first.key);
});

test("signs anew where the authority was exchanged, since its clients would refuse the old certificate", async ({
  expect,
}) => {
  await using directory = await testDirectory();
  const [a, b] = [join(directory.path, "a"), join(directory.path, "b")];
  const options = { names: ["localhost"], nowMs: Date.now() };
  await ensureLocalCertificate({ ...options, folder: a });
  await ensureLocalCertificate({ ...options, folder: b });
  for (const name of ["ca.pem", "ca-key.pem"]) await copyFile(join(b, name), join(a, name));
  const signed = await ensureLocalCertificate({ ...options, folder: a });
  expect(signed.made).toBe("certificate");
  const authority = new X509Certificate(await readFile(signed.authorityFile));
  expect(new X509Certificate(signed.certificate).verify(authority.publicKey)).toBe(true);
});

test("servers that start at once agree on one authority", async ({ expect }) => {
  await using directory = await testDirectory();
  const options = { folder: directory.path, names: ["localhost"], nowMs: Date.now() };
  const made = await Promise.all(Array.from({ length: 5 }, () => ensureLocalCertificate(options)));
  expect(new Set(made.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  expect(made.filter((local) => local.made === "authority")).toHaveLength(1);
  expect(await readdir(directory.path)).toHaveLength(4);
});

test("does not overwrite an authority that was copied there from another machine", async ({ expect }) => {
  await using directory = await testDirectory();
  const options = { folder: directory.path, names: ["localhost"], nowMs: Date.now() };
  await ensureLocalCertificate(options);
  for (const name of ["ca-key.pem", "server.pem", "server-key.pem"]) await rm(join(directory.path, name));
  await expect(ensureLocalCertificate(options)).rejects.toThrow(/is there without ca-key\.pem.*--force/);
  await writeFile(join(directory.path, "ca-key.pem"), "no key");
  await expect(ensureLocalCertificate(options)).rejects.toThrow(/do not belong together.*--force/);
});

test("says what to do where the folder cannot be written", async ({ expect }) => {
  await using directory = await testDirectory();
  const file = join(directory.path, "file");
  await writeFile(file, "");
  const options = { folder: join(file, "certificates"), names: ["localhost"], nowMs: Date.now() };
  await expect(ensureLocalCertificate(options)).rejects.toThrow(
    /file\/certificates.*not a directory.*AIRUNNER_CERT_DIR.*--no-tls/,
  );
});

test("reads a pair of files, and refuses what is none", async ({ expect }) => {
  await using directory = await testDirectory();
  const nowMs = Date.now();
  const [a, b] = [join(directory.path, "a"), join(directory.path, "b")];
  const local = await ensureLocalCertificate({ folder: a, names: ["localhost"], nowMs });
  await ensureLocalCertificate({ folder: b, names: ["localhost"], nowMs });
  const [cert, key] = [join(a, "server.pem"), join(a, "server-key.pem")];
  expect(await readServerCertificate({ cert, key }, nowMs)).toMatchObject({ fingerprint: local.fingerprint });
  const read = (files: Partial<{ cert: string; key: string }>, at = nowMs) =>
    readServerCertificate({ cert, key, ...files }, at);
  await expect(read({ cert: "/nowhere.pem" })).rejects.toThrow(
    "--cert names /nowhere.pem, which cannot be read (there is no such file).",
  );
  await expect(read({ key: directory.path })).rejects.toThrow(/--key names .* \(it is a directory\)/);
  await expect(read({ cert: key })).rejects.toThrow(/--cert .* does not hold a certificate/);
  await expect(read({ key: cert })).rejects.toThrow(/--key .* does not hold an unencrypted private key/);
  await expect(read({ key: join(b, "server-key.pem") })).rejects.toThrow(/is not the key of the certificate/);
  await expect(read({}, nowMs + 400 * dayMs)).rejects.toThrow(/ran out at 20/);
  const chain = join(directory.path, "chain.pem");
  const junk = "-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----\n";
  await writeFile(chain, `${await readFile(cert, "utf8")}${junk}`);
  await expect(read({ cert: chain })).rejects.toThrow(
    /^--cert names .*chain\.pem, which TLS cannot use \(.+\); give/,
  );
});

test("a lock that a killed process left behind does not last", async ({ expect }) => {
  await using directory = await testDirectory();
  const lock = join(directory.path, ".lock");
  await mkdir(lock);
  const old = new Date(Date.now() - 60_000);
  await utimes(lock, old, old);
  const made = await ensureLocalCertificate({
    folder: directory.path,
    names: ["localhost"],
    nowMs: Date.now(),
  });
  expect(made.made).toBe("authority");
});
