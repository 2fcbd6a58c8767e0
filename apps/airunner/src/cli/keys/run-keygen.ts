// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClientError } from "../../client/client-error.ts";
import type { KeygenFlags } from "../commands/keygen.ts";
import type { CliContext } from "../context.ts";

/** Never writes over a file: tokens that are in use would stop working. */
export async function runKeygen(flags: KeygenFlags, context: CliContext): Promise<void> {
  const pair = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  if (flags.stdout) return context.stdout.write(pair.privateKey + pair.publicKey);
  const privatePath = join(flags.out, "private.pem");
  const publicPath = join(flags.out, "public.pem");
  writeNew(flags.out, privatePath, { text: pair.privateKey, mode: 0o600 });
  try {
    writeNew(flags.out, publicPath, { text: pair.publicKey, mode: 0o644 });
  } catch (error) {
    rmSync(privatePath);
    throw error;
  }
  await context.stdout.write(nextSteps(privatePath, publicPath));
}

function writeNew(
  folder: string,
  path: string,
  { text, mode }: { readonly text: string; readonly mode: number },
): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, text, { flag: "wx", mode });
  } catch (cause) {
    const code = Error.isError(cause) && "code" in cause ? String(cause.code) : "unknown reason";
    const what =
      code === "EEXIST"
        ? `${path} is there already and is not written over; remove it, or give another folder by --out`
        : `${path} cannot be written (${code}); give another folder by --out`;
    throw new ClientError("bad_setting", what, { cause });
  }
}

function nextSteps(privatePath: string, publicPath: string): string {
  return `Wrote ${privatePath} (keep it secret) and ${publicPath}.

Give the public key to the server:
  JWT_PUBLIC_KEY="$(cat ${publicPath})" airunner-server

Make a token with the private one, and use it:
  airunner-cli token --subject=<user> --ttl=1h --signing-key=${privatePath}
  AIRUNNER_TOKEN=<token> airunner-cli list
`;
}
