// SPDX-License-Identifier: MIT
import { type Mapping, type MappingKey, mappingKey } from "../mappings/mapping-key.ts";
import type { NaturalKey, Plan, ServiceName, WriteCall } from "../objects/plan.ts";
import type { Organization, Person, Resource, Subject, World } from "../objects/world.ts";
import type { JsonObject } from "../records/json.ts";
import { type ObjectKind, objectKey } from "../records/object-key.ts";
import { createRecord, type V1Record } from "../records/v1-record.ts";
import type { Applied } from "../state/object-state.ts";
import { UnavailableError } from "../unavailable-error.ts";

export const rootUid = "11111111-1111-4111-8111-111111111111";

/** What planning may ask, in memory, for tests of plans alone; the services' own rules are not in it. */
export class FakeWorld implements World {
  readonly mappings = new Map<MappingKey, Mapping>();
  readonly resources = new Map<string, Resource>();
  readonly people = new Map<string, Person>();
  readonly organizations = new Map<string, Organization>();
  readonly slugs = new Map<string, string>();
  readonly found = new Map<string, string>();
  /** What the index of slugs says beside what {@link found} implies. */
  readonly slugIndex = new Map<string, string>();
  readonly services = new Set<ServiceName>(["project", "committee"]);
  /** Look-ups that fail, by name of the method. */
  readonly broken = new Set<keyof World>();
  /** Every question, in order: `get /projects/…`. */
  readonly asked: string[] = [];
  /** Told before a `find` is answered: what happens meanwhile. */
  onFind: () => void = () => {};
  #revision = 0;

  map(kind: ObjectKind, id: string, uid: string, committeeUid?: string): this {
    this.mappings.set(mappingKey(kind, id), {
      state: "mapped",
      uid,
      ...(committeeUid === undefined ? {} : { committeeUid }),
    });
    return this;
  }

  tombstone(kind: ObjectKind, id: string): this {
    this.mappings.set(mappingKey(kind, id), { state: "deleted" });
    return this;
  }

  /** What a GET of the path gives. */
  hold(path: string, body: JsonObject): this {
    this.#revision += 1;
    this.resources.set(path, { body, etag: String(this.#revision) });
    return this;
  }

  readonly hasService = (service: ServiceName): boolean => this.services.has(service);

  readonly mapping = async (kind: ObjectKind, id: string): Promise<Mapping> => {
    this.#ask("mapping", mappingKey(kind, id));
    return this.mappings.get(mappingKey(kind, id)) ?? { state: "absent" };
  };

  readonly ownerOf = async (): Promise<string | undefined> => undefined;

  readonly get = async (service: ServiceName, path: string): Promise<Resource | undefined> => {
    this.#ask("get", path);
    if (!path.startsWith(`/${service}s`)) throw new Error(`${path} is not for the ${service} service`);
    return this.resources.get(path);
  };

  readonly find = async (naturalKey: NaturalKey): Promise<string | undefined> => {
    this.#ask("find", JSON.stringify(naturalKey));
    this.onFind();
    return this.found.get(JSON.stringify(naturalKey));
  };

  readonly uidOfSlug = async (slug: string): Promise<string | undefined> => {
    this.#ask("uidOfSlug", slug);
    return this.slugIndex.get(slug) ?? this.found.get(JSON.stringify({ kind: "project", slug }));
  };

  readonly rootUid = async (): Promise<string> => {
    this.#ask("rootUid", "");
    return rootUid;
  };

  readonly slugOf = async (uid: string): Promise<string | undefined> => {
    this.#ask("slugOf", uid);
    return this.slugs.get(uid);
  };

  readonly person = async (id: string): Promise<Person | undefined> => {
    this.#ask("person", id);
    return this.people.get(id);
  };

  readonly organization = async (id: string): Promise<Organization | undefined> => {
    this.#ask("organization", id);
    return this.organizations.get(id);
  };

  #ask(method: keyof World, about: string): void {
    this.asked.push(`${method} ${about}`.trim());
    if (this.broken.has(method))
      throw new UnavailableError({ code: "service_unavailable", message: `${method} failed.` });
  }

  /**
   * Stores what a PUT says, without what is empty.
   *
   * @param answered what a GET gives of it
   */
  carryOut(call: WriteCall, answered: (body: JsonObject) => JsonObject): void {
    if (call.method !== "PUT" || call.body === undefined) throw new Error("only PUTs are carried out here");
    const { etag } = this.resources.get(call.path) ?? {};
    if (call.ifMatch !== etag) throw new Error(`If-Match ${call.ifMatch} is not ${etag}`);
    const kept = Object.entries(answered(call.body)).filter(
      ([, value]) => value !== null && value !== "" && value !== undefined,
    );
    this.hold(call.path, Object.fromEntries(kept));
  }
}

export function recordOf(columns: JsonObject): V1Record {
  return createRecord(columns);
}

export function subjectOf(
  kind: ObjectKind,
  id: string,
  mapping: Mapping = { state: "absent" },
  more: { readonly applied?: Applied; readonly mustWrite?: boolean } = {},
): Subject {
  return { key: objectKey(kind, id), mapping, applied: more.applied, mustWrite: more.mustWrite ?? false };
}

export function appliedWith(sent: string): Applied {
  return { revision: 1, at: "2026-11-21T00:00:00Z", action: "updated", sent };
}

/** The plan, when it is of this kind. */
export function expectPlan<A extends Plan["action"]>(plan: Plan, action: A): Extract<Plan, { action: A }> {
  if (!isAction(plan, action)) throw new Error(`expected ${action}, got ${JSON.stringify(plan)}`);
  return plan;
}

function isAction<A extends Plan["action"]>(plan: Plan, action: A): plan is Extract<Plan, { action: A }> {
  return plan.action === action;
}
