// SPDX-License-Identifier: MIT
import type { ObjectKind } from "../records/object-key.ts";
import { type Mapping, type MappingKey, mappingKey } from "./mapping-key.ts";

interface Remembered {
  readonly mapping: Mapping;
  readonly revision: number;
}

/** The mappings of projects and committees as far as they are known, in both directions. */
export class MappingMemory {
  /** Also what is absent or deleted, so that older news does not bring it back. */
  readonly #byKey = new Map<MappingKey, Remembered>();
  readonly #idByUid = new Map<string, string>();
  readonly #listeners = new Set<(key: MappingKey) => void>();

  mapping(kind: ObjectKind, id: string): Mapping | undefined {
    return this.#byKey.get(mappingKey(kind, id))?.mapping;
  }

  /** The id of the object that was last mapped to this uid. */
  idOf(kind: ObjectKind, uid: string): string | undefined {
    const id = this.#idByUid.get(`${kind}:${uid}`);
    if (id === undefined) return undefined;
    const mapping = this.mapping(kind, id);
    return mapping?.state === "mapped" && mapping.uid === uid ? id : undefined;
  }

  /** News of a revision that is not newer than what is known changes nothing. Members are not remembered. */
  learn(kind: ObjectKind, id: string, mapping: Mapping, revision: number): void {
    if (kind === "member") return;
    const key = mappingKey(kind, id);
    const known = this.#byKey.get(key);
    if (known !== undefined && known.revision >= revision) return;
    this.#byKey.set(key, { mapping, revision });
    if (mapping.state !== "mapped") return;
    this.#idByUid.set(`${kind}:${mapping.uid}`, id);
    const isNew = known?.mapping.state !== "mapped" || known.mapping.uid !== mapping.uid;
    if (isNew) for (const listener of this.#listeners) listener(key);
  }

  /** It was removed; the watcher tells with which revision. */
  drop(kind: ObjectKind, id: string): void {
    this.#byKey.delete(mappingKey(kind, id));
  }

  forgetAll(): void {
    this.#byKey.clear();
    this.#idByUid.clear();
  }

  onMapped(listener: (key: MappingKey) => void): Disposable {
    for (const [key, { mapping }] of this.#byKey) if (mapping.state === "mapped") listener(key);
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
