// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { Fifo, type Place } from "./fifo.ts";

test("gives back what stands there, in order, whoever leaves on the way", ({ expect }) => {
  const steps = fc.array(fc.oneof(fc.constant("push"), fc.constant("shift"), fc.nat(30)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (events) => {
      const line = new Fifo<number>();
      const places: Place<number>[] = [];
      let model: number[] = [];
      for (const event of events) {
        if (event === "push") {
          model.push(places.length);
          places.push(line.push(places.length));
        } else if (event === "shift") {
          expect(line.shift()).toBe(model.shift());
        } else if (typeof event === "number") {
          const place = places[event];
          if (place !== undefined) line.remove(place);
          model = model.filter((value) => value !== event);
        }
        expect(line.size).toBe(model.length);
      }
      for (const value of model) expect(line.shift()).toBe(value);
      expect(line.shift()).toBeUndefined();
    }),
  );
});
