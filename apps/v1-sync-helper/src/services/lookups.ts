// SPDX-License-Identifier: MIT
import type { Clock } from "../clock.ts";
import type { Bucket } from "../nats/bucket.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { NaturalKey, ServiceName } from "../objects/plan.ts";
import type { Resource } from "../objects/world.ts";
import { isJsonObject } from "../records/json.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { committeeLookupKey, memberLookupKey, normalEmail } from "./lookup-keys.ts";
import { committeePath, isUid, memberPath, projectPath } from "./service-paths.ts";

export interface LookupOptions {
  readonly link: Pick<NatsLink, "request">;
  /** The committee service's own buckets, which are only read: `committees` and `committee-members`. */
  readonly committees: Bucket;
  readonly committeeMembers: Bucket;
  readonly get: (service: ServiceName, path: string) => Promise<Resource | undefined>;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** Default 5000. */
  readonly timeoutMs?: number;
}

/** How long ROOT's uid is believed; it changes when somebody sets the platform up anew. */
const rootLifeMs = 60_000;

/** What the services tell over NATS. All of it throws `UnavailableError` for what cannot be known. */
export class Lookups {
  readonly #options: LookupOptions;
  #root: { readonly uid: Promise<string>; readonly until: number } | undefined;

  constructor(options: LookupOptions) {
    this.#options = options;
  }

  /** The uid of the project `ROOT`; asked once a minute. */
  rootUid(): Promise<string> {
    const now = this.#options.clock.monotonicMs();
    if (this.#root !== undefined && now < this.#root.until) return this.#root.uid;
    const uid = this.#askRoot();
    const root = { uid, until: now + rootLifeMs };
    this.#root = root;
    // A failure is not kept: the next who asks tries again.
    uid.catch(() => {
      if (this.#root === root) this.#root = undefined;
    });
    return uid;
  }

  async #askRoot(): Promise<string> {
    const uid = await this.uidOfSlug("ROOT");
    if (uid !== undefined) return uid;
    throw unavailable(
      "The project service knows no project ROOT, under which projects without a parent go; create it.",
    );
  }

  /** Which project the slug leads to; it may be one that is not there any more, or that has another slug by now. */
  async uidOfSlug(slug: string): Promise<string | undefined> {
    const uid = await this.#ask("lfx.projects-api.slug_to_uid", slug);
    if (uid === "") return undefined;
    if (isUid(uid)) return uid;
    throw unavailable("lfx.projects-api.slug_to_uid was answered with something that is no uid.");
  }

  async slugOf(projectUid: string): Promise<string | undefined> {
    const slug = await this.#ask("lfx.projects-api.get_slug", projectUid);
    if (slug !== "") return slug;
    // Empty is the answer to every failure, too.
    const project = await this.#options.get("project", projectPath(projectUid));
    return typeof project?.body.slug === "string" ? project.body.slug : undefined;
  }

  /** The object that has this natural key now: what an index says is checked with the object itself. */
  find(key: NaturalKey): Promise<string | undefined> {
    switch (key.kind) {
      case "project":
        return this.#findProject(key.slug);
      case "committee":
        return this.#findCommittee(key.projectUid, key.name);
      case "member":
        return this.#findMember(key.committeeUid, key.email);
    }
  }

  /** An update that was refused may have moved the slug in the index; an interrupted create leaves it without a project. */
  async #findProject(slug: string): Promise<string | undefined> {
    const uid = await this.uidOfSlug(slug);
    if (uid === undefined) return undefined;
    const project = await this.#options.get("project", projectPath(uid));
    return project?.body.slug === slug ? uid : undefined;
  }

  /** A committee that went to another project leaves its name locked in the old one. */
  async #findCommittee(projectUid: string, name: string): Promise<string | undefined> {
    const uid = await this.#read(this.#options.committees, committeeLookupKey(projectUid, name));
    if (uid === undefined) return undefined;
    const committee = await this.#options.get("committee", committeePath(uid));
    return committee?.body.project_uid === projectUid && committee.body.name === name ? uid : undefined;
  }

  async #findMember(committeeUid: string, email: string): Promise<string | undefined> {
    const uid = await this.#memberUid(committeeUid, email);
    if (uid === undefined) return undefined;
    const member = await this.#options.get("committee", memberPath(committeeUid, uid));
    const found = member?.body.email;
    return typeof found === "string" && normalEmail(found) === normalEmail(email) ? uid : undefined;
  }

  /** The bucket answers with one small entry; the list of all members is for where it cannot be read. */
  async #memberUid(committeeUid: string, email: string): Promise<string | undefined> {
    try {
      return await this.#read(this.#options.committeeMembers, memberLookupKey(committeeUid, email));
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      return this.#memberUidFromList(committeeUid, email, error);
    }
  }

  async #memberUidFromList(
    committeeUid: string,
    email: string,
    why: UnavailableError,
  ): Promise<string | undefined> {
    const text = await this.#ask("lfx.committee-api.list_members", committeeUid).catch((error: unknown) => {
      // Why the first way failed is what can be mended.
      throw error instanceof UnavailableError ? why : error;
    });
    // The service's error objects are no valid JSON when their text has quotes.
    if (text.startsWith('{"error":')) {
      if ((await this.#options.get("committee", committeePath(committeeUid))) === undefined) return undefined;
      throw why;
    }
    const wanted = normalEmail(email);
    const member = parseMembers(text).find((one) => normalEmail(one.email) === wanted);
    return member?.uid;
  }

  async #ask(subject: string, payload: string): Promise<string> {
    const { link, timeoutMs = 5000 } = this.#options;
    return (await link.request(subject, payload, { timeoutMs })).string();
  }

  async #read(bucket: Bucket, key: string): Promise<string | undefined> {
    const entry = await bucket.get(key).catch((error: unknown) => {
      if (!(error instanceof UnavailableError)) throw error;
      throw unavailable(
        `The bucket ${bucket.name} of the committee service cannot be read, so that nothing in it can be found again: ${error.message}`,
        error,
      );
    });
    if (entry === undefined) return undefined;
    const uid = Buffer.from(entry.value).toString("utf8");
    if (isUid(uid)) return uid;
    throw unavailable(`The bucket ${bucket.name} of the committee service holds no uid under ${key}.`);
  }
}

interface ListedMember {
  readonly uid: string;
  readonly email: string;
}

function parseMembers(text: string): ListedMember[] {
  const what = "lfx.committee-api.list_members was answered with something that is no list of members.";
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw unavailable(what, error);
  }
  if (!Array.isArray(list)) throw unavailable(what);
  return list.flatMap((member: unknown) =>
    isJsonObject(member) && isUid(member.uid) && typeof member.email === "string"
      ? [{ uid: member.uid, email: member.email }]
      : [],
  );
}

function unavailable(message: string, cause?: unknown): UnavailableError {
  return new UnavailableError({ code: "service_unavailable", message }, { cause });
}
