// SPDX-License-Identifier: MIT
import { type Editor, type Flaw, parentIdOf, type Removal, type V1Object } from "./v1-object.ts";

/** What v1 holds and has held: the demo's own account, by which v2 is judged. */
export class Book {
  readonly #editions = new Map<string, V1Object[]>();

  enter(...objects: readonly V1Object[]): void {
    for (const object of objects) {
      const editions = this.#editions.get(object.id);
      if (editions === undefined) this.#editions.set(object.id, [object]);
      else editions.push(object);
    }
  }

  /** The next edition, entered. `flaw` goes unless it is given again. */
  edit<T extends V1Object>(object: T, editor: Editor, changes: Partial<T["fields"]> = {}, flaw?: Flaw): T {
    const now = this.current(object.id);
    const fields = { ...now.fields, ...changes };
    const next = { ...object, fields, editor, edition: now.edition + 1, flaw };
    this.enter(next);
    return next;
  }

  /** @returns its last edition, entered */
  remove<T extends V1Object>(object: T, editor: Editor, removal: Removal): T {
    const { edition, fields } = this.current(object.id);
    const last = { ...object, fields, editor, edition: edition + 1, removal };
    this.enter(last);
    return last;
  }

  /** Takes back that something was wrong with it, without a change in the record. */
  clear(object: V1Object): void {
    const editions = this.#editions.get(object.id) ?? [];
    const last = editions.pop();
    if (last !== undefined) editions.push({ ...last, flaw: undefined });
  }

  /** @throws {RangeError} */
  current(id: string): V1Object {
    const object = this.editions(id).at(-1);
    if (object === undefined) throw new RangeError(`The book has no ${id}.`);
    return object;
  }

  /** Oldest first. */
  editions(id: string): readonly V1Object[] {
    return this.#editions.get(id) ?? [];
  }

  get ids(): readonly string[] {
    return [...this.#editions.keys()];
  }

  /** The newest edition of each object that was not removed. */
  get alive(): readonly V1Object[] {
    return this.ids.map((id) => this.current(id)).filter(({ removal }) => removal === undefined);
  }

  /** Those that v2 must have: nothing is wrong with them, nor with what is above them. */
  get due(): readonly V1Object[] {
    return this.alive.filter((object) => this.#isDue(object));
  }

  /** Those that must wait for what is above them; the others of the living are due or have failed. */
  get waiting(): readonly V1Object[] {
    return this.alive.filter((object) => !hasOwnFlaw(object) && !this.#hasParent(object));
  }

  /** Those with which something is wrong that shows. */
  get failed(): readonly V1Object[] {
    const well = new Set([...this.due, ...this.waiting].map(({ id }) => id));
    return this.alive.filter(({ id }) => !well.has(id));
  }

  #isDue(object: V1Object): boolean {
    return object.flaw === undefined && this.#hasParent(object);
  }

  #hasParent(object: V1Object): boolean {
    const parentId = parentIdOf(object);
    if (parentId === undefined) return true;
    const parent = this.editions(parentId).at(-1);
    return parent !== undefined && parent.removal === undefined && this.#isDue(parent);
  }
}

/** Whether the record itself is wrong, which shows at once; that its slug is taken shows when it is created. */
function hasOwnFlaw({ flaw }: V1Object): boolean {
  return flaw !== undefined && flaw !== "taken";
}
