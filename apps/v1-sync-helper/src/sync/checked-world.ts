// SPDX-License-Identifier: MIT
import type { World } from "../objects/world.ts";
import { UnavailableError } from "../unavailable-error.ts";

/**
 * A world whose objects are those that were asked for. An update begins with what a GET gives: an answer of somebody
 * else, such as `{}` from a gateway, would have it clear every field that v1 does not have.
 */
export function checkedWorld(world: World): World {
  return {
    ...world,
    get: async (service, path) => {
      const resource = await world.get(service, path);
      if (resource === undefined) return undefined;
      const { uid } = resource.body;
      if (typeof uid === "string" && path.split(/[/?]/).includes(encodeURIComponent(uid))) return resource;
      throw new UnavailableError({
        code: "service_unavailable",
        message: `GET ${path} was answered with another object than was asked for: check what is in front of the ${service} service.`,
        call: `GET ${path}`,
      });
    },
  };
}
