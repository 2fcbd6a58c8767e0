// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { exportPKCS8, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { z } from "zod";

const DIST = join(import.meta.dirname, "../../dist");

export class BundleMissingError extends Error {
  override readonly name = "BundleMissingError";
}

/** Path of a built program, as users start it. @throws {BundleMissingError} when it was not built yet */
export function requireBundle(name: "airunner-server" | "airunner-cli"): string {
  const path = join(DIST, `${name}.mjs`);
  if (!existsSync(path))
    throw new BundleMissingError(`${name} is not built: run \`npx pnpm turbo build\` first.`);
  return path;
}

export interface AirunnerOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Without, everybody may do everything. Default true. */
  readonly hasAuth?: boolean;
  readonly nodeArgs?: readonly string[];
}

/** The built server as a child process, on a free port of 127.0.0.1 with TLS. */
export interface Airunner extends AsyncDisposable {
  /** As "https://127.0.0.1:41234". */
  readonly server: string;
  readonly healthUrl: string;
  /** PEM of the authority that its certificate comes from, and the file that holds it. */
  readonly ca: string;
  readonly caFile: string;
  /** Of "tester", without scopes: may do everything. */
  readonly token: string;
  /** PKCS#8 PEM that signs tokens. */
  readonly signingKey: string;
  readonly process: Executable;
  /** A token as the Go program's CLI issues them: no key id, no audience. */
  issueToken(subject: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

const Serving = z.object({ msg: z.literal("serving"), url: z.string(), healthUrl: z.string() });

/** Starts the server and waits until it serves. @throws {Error} with its output when it ends instead */
export async function startAirunner(options: AirunnerOptions = {}): Promise<Airunner> {
  const { args = [], env = {}, hasAuth = true, nodeArgs = [] } = options;
  const directory = await testDirectory("airunner");
  try {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const child = await runExecutable({
      file: requireBundle("airunner-server"),
      args: [
        "--listen",
        "127.0.0.1:0",
        "--health-listen",
        "127.0.0.1:0",
        ...(hasAuth ? [] : ["--no-auth"]),
        ...args,
      ],
      env: {
        AIRUNNER_CERT_DIR: directory.path,
        ...(hasAuth && { JWT_PUBLIC_KEY: await exportSPKI(publicKey) }),
        ...env,
      },
      nodeArgs,
      diesWithParent: true,
    });
    const line = await child.stdout.waitForLine((text) => text.includes('"msg":"serving"'));
    const { url, healthUrl } = Serving.parse(JSON.parse(line));
    const caFile = join(directory.path, "ca.pem");
    const issueToken: Airunner["issueToken"] = (subject, claims = {}) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: "ES256", typ: "JWT" })
        .setIssuer("airunner")
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(privateKey);
    return {
      server: url,
      healthUrl,
      ca: existsSync(caFile) ? await readFile(caFile, "utf8") : "",
      caFile,
      token: await issueToken("tester"),
      signingKey: await exportPKCS8(privateKey),
      process: child,
      issueToken,
      async [Symbol.asyncDispose]() {
        await child[Symbol.asyncDispose]();
        await directory[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}
