// SPDX-License-Identifier: MIT
import type { Mapping } from "../../mappings/mapping-key.ts";
import type { Author } from "../../objects/author.ts";
import type { Plan, WriteCall } from "../../objects/plan.ts";
import type { ObjectType } from "../../objects/world.ts";
import type { ObjectKind } from "../../records/object-key.ts";
import type { WriteAnswer } from "../../services/answer.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { FakeWorld } from "../../testing/fake-world.ts";
import type { ObjectEvent } from "../events.ts";
import type { Ports, Rules } from "../ports.ts";
import type { StoredRevision } from "../source.ts";

const fallback: Author = { principal: "f@clients", subject: "f", kind: "fallback" };

/** What the engine works with, scripted, for tests of single steps; whole lives are tried with the real parts. */
export class MemoryPorts implements Ports {
  readonly clock = new FakeClock();
  readonly random = (): number => 0.5;
  readonly world = new FakeWorld();
  readonly authors = { fallback, authorOf: async (): Promise<Author> => fallback };
  /** Plans to be made, in order; the last one stays. */
  readonly plans: Plan[] = [];
  /** Mappings that a plan was made for. */
  readonly planned: Mapping[] = [];
  /** Answers to be given, in order; then `done`. */
  readonly answers: WriteAnswer[] = [];
  readonly sent: WriteCall[] = [];
  stored: StoredRevision | undefined;
  /** As it is in the bucket, and as memory has it. */
  mapping: Mapping = { state: "absent" };
  remembered: Mapping | undefined;
  readonly told: ObjectEvent[] = [];
  readonly defects: unknown[] = [];

  readonly source = { newest: async (): Promise<StoredRevision | undefined> => this.stored };
  readonly services = {
    longestSendMs: 1000,
    send: async (call: WriteCall): Promise<WriteAnswer> => {
      this.sent.push(call);
      return this.answers.shift() ?? { result: "done" };
    },
    uidOfSlug: async (): Promise<undefined> => undefined,
  };
  readonly mappings: Ports["mappings"] = {
    read: async (_kind, _id, { fresh = false } = {}) => (fresh ? undefined : this.remembered) ?? this.mapping,
    ownerOf: async () => undefined,
    create: async (_kind, _id, uid) => {
      this.mapping = { state: "mapped", uid };
      return { result: "mapped" };
    },
    tombstone: async () => {
      this.mapping = { state: "deleted" };
    },
    forget: async () => {
      this.mapping = { state: "absent" };
    },
    onMapped: () => ({ [Symbol.dispose]: () => {} }),
    watch: () => {},
  };
  readonly slugLocks = {
    acquire: async (): Promise<boolean> => true,
    release: async (): Promise<void> => {},
  };
  readonly deleteWindow = { take: async (): Promise<boolean> => true, used: async (): Promise<number> => 0 };
  readonly events: Ports["events"] = {
    object: (event) => this.told.push(event),
    defect: (error) => this.defects.push(error),
    leftovers: () => {},
    trouble: () => {},
  };
  readonly types = {
    project: this.#type("project"),
    committee: this.#type("committee"),
    member: this.#type("member"),
  };

  #type(kind: ObjectKind): ObjectType {
    const plan: ObjectType["planDelete"] = async ({ mapping }) => {
      this.planned.push(mapping);
      const next = this.plans.length > 1 ? this.plans.shift() : this.plans[0];
      if (next === undefined) throw new Error("no plan was given");
      return next;
    };
    return { kind, plan: (subject, _record, world) => plan(subject, world), planDelete: plan };
  }
}

export const rules: Rules = { createSettleMs: 60_000, deletePolicy: "delete", ownEditor: "own@clients" };
