// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createHash } from "node:crypto";
import { seededRandom } from "@repo/testkit";

/** An object before it is stored; its bytes follow from `key`, `version` and `sizeBytes` alone. */
export interface PlannedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Another version has other bytes. */
  readonly version: number;
  /** Milliseconds since the epoch; stored as rclone does, so that it survives a second upload. */
  readonly modifiedMs: number;
  readonly contentType: string;
  readonly cacheControl?: string;
}

/** Objects above it are uploaded in parts of this size, the least that S3 allows. */
export const PART_BYTES = 5 * 1024 * 1024;

interface Folder {
  /** Share of all objects. */
  readonly weight: number;
  readonly contentType: string;
  readonly cacheControl?: string;
  readonly maxBytes: number;
  readonly key: (index: number, random: () => number) => string;
}

const pick = <T>(items: readonly [T, ...T[]], random: () => number): T =>
  items[Math.floor(random() * items.length)] ?? items[0];

const padded = (value: number, digits: number): string => String(value).padStart(digits, "0");
const month = (random: () => number): string => padded(1 + Math.floor(random() * 12), 2);

const occasions = ["Sommerfest München", "Tokyo 東京", "garden & pond", "été à Nîmes", "100% rain"] as const;
const reports = ["Q3 report (final)", "budget + forecast", "Übersicht", "a=b; c", "#1 résumé"] as const;

/** What a small company keeps in a bucket. Names hold blanks, signs and letters that S3 clients trip over. */
const folders: readonly [Folder, ...Folder[]] = [
  {
    weight: 0.4,
    contentType: "image/jpeg",
    maxBytes: 12_000,
    key: (index, random) =>
      `photos/${2022 + Math.floor(random() * 5)}/${pick(occasions, random)}/IMG_${padded(index, 5)}.jpg`,
  },
  {
    weight: 0.25,
    contentType: "application/pdf",
    maxBytes: 6_000,
    key: (index, random) => `invoices/2026/${month(random)}/INV-2026-${padded(index, 5)}.pdf`,
  },
  {
    weight: 0.2,
    contentType: "text/css",
    cacheControl: "public, max-age=31536000, immutable",
    maxBytes: 4_000,
    key: (index, random) =>
      `website/assets/${index.toString(36)}-${Math.floor(random() * 1e9).toString(16)}.css`,
  },
  {
    weight: 0.15,
    contentType: "text/csv",
    maxBytes: 8_000,
    key: (index, random) =>
      `exports/team ${1 + (index % 9)}/${pick(reports, random)} ${padded(index, 4)}.csv`,
  },
];

function pickFolder(random: () => number): Folder {
  let rest = random();
  for (const folder of folders) {
    rest -= folder.weight;
    if (rest < 0) return folder;
  }
  return folders[0];
}

const firstDay = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

export interface TreeOptions {
  readonly seed: number;
  /** Small objects. */
  readonly count: number;
  /** Objects of 6 to 11 MiB, uploaded in parts; default 0. */
  readonly large?: number;
  /** First number in the names, so that a second tree does not collide with the first; default 0. */
  readonly from?: number;
}

/** A believable bucket; the same options make the same tree. */
export function planTree({ seed, count, large = 0, from = 0 }: TreeOptions): readonly PlannedObject[] {
  const random = seededRandom(seed);
  const modified = (): number => firstDay + Math.floor(random() * 300 * dayMs);
  const small = Array.from({ length: count }, (_, index): PlannedObject => {
    const { key, maxBytes, contentType, cacheControl } = pickFolder(random);
    return {
      key: key(from + index, random),
      sizeBytes: 100 + Math.floor(random() ** 2 * maxBytes),
      version: 1,
      modifiedMs: modified(),
      contentType,
      ...(cacheControl !== undefined && { cacheControl }),
    };
  });
  const backups = Array.from(
    { length: large },
    (_, index): PlannedObject => ({
      key: `backups/database/2026-11-${padded(1 + ((from + index) % 28), 2)}T02:00:00Z #${from + index}.dump`,
      sizeBytes: 6 * 1024 * 1024 + Math.floor(random() * PART_BYTES),
      version: 1,
      modifiedMs: modified(),
      contentType: "application/octet-stream",
    }),
  );
  return [...small, ...backups];
}

/** The same object rewritten a day later: other bytes, and by `growBytes` more of them. */
export function rewritten(object: PlannedObject, growBytes = 0): PlannedObject {
  return {
    ...object,
    version: object.version + 1,
    sizeBytes: object.sizeBytes + growBytes,
    modifiedMs: object.modifiedMs + dayMs,
  };
}

/** The bytes of an object: a key stream, so that nothing compresses or repeats. */
export function bodyOf({ key, version, sizeBytes }: PlannedObject): Buffer {
  const digest = createHash("sha256").update(`${version}\n${key}`).digest();
  const cipher = createCipheriv("aes-128-ctr", digest.subarray(0, 16), digest.subarray(16));
  return cipher.update(Buffer.alloc(sizeBytes));
}
