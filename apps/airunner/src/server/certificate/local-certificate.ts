// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { certificateFiles } from "../../client/certificate-folder.ts";
import { reasonOf, StartError } from "../start-error.ts";
import { withFolderLock } from "./folder-lock.ts";
import { type CertifiedKey, createAuthority, issueServerCertificate, namesOf } from "./issue.ts";
import { mergeNames } from "./names.ts";
import { describe, matches, parseCertificate, type ServerCertificate } from "./server-certificate.ts";

export interface LocalCertificate extends ServerCertificate {
  readonly folder: string;
  /** Path of what clients must trust. */
  readonly authorityFile: string;
  readonly names: readonly string[];
  /** What this call made: nothing where what was there is still good. */
  readonly made: "nothing" | "certificate" | "authority";
}

export interface LocalCertificateOptions {
  readonly folder: string;
  /** Host names and addresses that it must cover; those of the former one stay. */
  readonly names: readonly string[];
  readonly nowMs: number;
  /** A new authority, whatever is there. */
  readonly isForced?: boolean;
}

/** A certificate with less than this to go is made anew. */
const renewBeforeMs = 30 * 86_400_000;

/**
 * The server's certificate out of `folder`, made there if there is none that covers all names for a month. The
 * authority is kept, so that clients which trust it need not be told.
 *
 * @throws {StartError} where the folder cannot be used
 */
export async function ensureLocalCertificate(options: LocalCertificateOptions): Promise<LocalCertificate> {
  const { folder } = options;
  if (options.isForced !== true) {
    const found = await findUsable(options);
    if (found !== undefined) return found;
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Two servers that start at once must not mix their files.
    return await withFolderLock(folder, () => make(options));
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    throw new StartError(
      `No certificate can be written to ${folder} (${reasonOf(cause)}); set AIRUNNER_CERT_DIR to a folder of yours, give --cert and --key, or use --no-tls.`,
      { cause },
    );
  }
}

async function make(options: LocalCertificateOptions): Promise<LocalCertificate> {
  const { folder, nowMs, isForced = false } = options;
  if (!isForced) {
    // Another process may have been quicker.
    const found = await findUsable(options);
    if (found !== undefined) return found;
  }
  const old = isForced ? undefined : await readAuthority(folder, nowMs);
  const authority = old ?? (await createAuthority(nowMs));
  const names = mergeNames(options.names, await formerNames(folder));
  const server = await issueServerCertificate(authority, names, nowMs);
  if (old === undefined) {
    await put(folder, certificateFiles.authorityKey, authority.key, 0o600);
    await put(folder, certificateFiles.authority, authority.certificate, 0o644);
  }
  const chain = `${server.certificate}${authority.certificate}`;
  await put(folder, certificateFiles.key, server.key, 0o600);
  await put(folder, certificateFiles.certificate, chain, 0o644);
  const parsed = new X509Certificate(server.certificate);
  return {
    ...describe(parsed, chain, server.key),
    folder,
    authorityFile: join(folder, certificateFiles.authority),
    names,
    made: old === undefined ? "authority" : "certificate",
  };
}

/** What is there, where it needs no renewal. */
async function findUsable({
  folder,
  names,
  nowMs,
}: LocalCertificateOptions): Promise<LocalCertificate | undefined> {
  const [chain, key, authorityText] = await Promise.all([
    read(folder, certificateFiles.certificate),
    read(folder, certificateFiles.key),
    read(folder, certificateFiles.authority),
  ]);
  if (chain === undefined || key === undefined || authorityText === undefined) return undefined;
  const [parsed, authority] = [parseCertificate(chain), parseCertificate(authorityText)];
  if (parsed === undefined || authority === undefined || matches(parsed, key) !== true) return undefined;
  const covered = namesOf(parsed);
  const isGood =
    parsed.verify(authority.publicKey) &&
    parsed.validToDate.getTime() - nowMs > renewBeforeMs &&
    mergeNames(names).every((name) => covered.includes(name));
  if (!isGood) return undefined;
  return {
    ...describe(parsed, chain, key),
    folder,
    authorityFile: join(folder, certificateFiles.authority),
    names: covered,
    made: "nothing",
  };
}

/** `undefined` where there is none, or where it is about to run out. */
async function readAuthority(folder: string, nowMs: number): Promise<CertifiedKey | undefined> {
  const certificate = await read(folder, certificateFiles.authority);
  if (certificate === undefined) return undefined;
  const key = await read(folder, certificateFiles.authorityKey);
  const file = join(folder, certificateFiles.authority);
  if (key === undefined) {
    // Copied here from another machine, so that clients trust its server; not ours to overwrite.
    throw new StartError(
      `${file} is there without ${certificateFiles.authorityKey}, so no certificate can be signed by it; set AIRUNNER_CERT_DIR to another folder, or run "airunner-server cert --force" to replace it.`,
    );
  }
  const parsed = parseCertificate(certificate);
  if (parsed === undefined || matches(parsed, key) !== true) {
    throw new StartError(
      `${file} and ${certificateFiles.authorityKey} do not belong together or are damaged; run "airunner-server cert --force" to replace them.`,
    );
  }
  return parsed.validToDate.getTime() - nowMs > renewBeforeMs ? { certificate, key } : undefined;
}

async function formerNames(folder: string): Promise<readonly string[]> {
  const parsed = parseCertificate((await read(folder, certificateFiles.certificate)) ?? "");
  return parsed === undefined ? [] : namesOf(parsed);
}

async function read(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = Error.isError(cause) && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new StartError(
      `${path} cannot be read (${reasonOf(cause)}); set AIRUNNER_CERT_DIR to a folder of yours, or give --cert and --key.`,
      { cause },
    );
  }
}

/** Whole or not at all, and never for a moment with a private key that others may read. */
async function put(folder: string, name: string, text: string, mode: number): Promise<void> {
  const fresh = join(folder, `.${name}.${process.pid}`);
  try {
    await rm(fresh, { force: true });
    await writeFile(fresh, text, { mode, flag: "wx" });
    await chmod(fresh, mode);
    await rename(fresh, join(folder, name));
  } finally {
    await rm(fresh, { force: true });
  }
}
