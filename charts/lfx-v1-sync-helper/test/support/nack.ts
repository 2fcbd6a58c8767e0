// SPDX-License-Identifier: MIT
// The two kinds of NACK that the chart uses, for an API server without NACK: the fields that the chart sets, as its
// reference (docs/api.md of nats-io/nack) describes them, and no others, so that the server refuses any other field.

const text = { type: "string" };
const yesOrNo = { type: "boolean" };
const integer = (minimum: number, maximum?: number) => ({
  type: "integer",
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});
const storage = { type: "string", enum: ["file", "memory"] };

const bucket = {
  bucket: text,
  history: integer(1, 64),
  storage,
  maxValueSize: integer(-1),
  maxBytes: integer(-1),
  replicas: integer(1, 5),
  compression: yesOrNo,
  ttl: text,
  preventDelete: yesOrNo,
};

const stream = {
  name: { type: "string", pattern: "^[^.*>]*$", minLength: 1 },
  subjects: { type: "array", items: { type: "string", minLength: 1 } },
  retention: { type: "string", enum: ["limits", "interest", "workqueue"] },
  discard: { type: "string", enum: ["old", "new"] },
  storage,
  maxBytes: integer(-1),
  maxAge: text,
  replicas: integer(1, 5),
  allowDirect: yesOrNo,
  preventDelete: yesOrNo,
};

function definition(kind: string, properties: object) {
  const singular = kind.toLowerCase();
  const spec = { type: "object", properties };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${singular}s.jetstream.nats.io` },
    spec: {
      group: "jetstream.nats.io",
      scope: "Namespaced",
      names: { kind, singular, plural: `${singular}s` },
      versions: [
        {
          name: "v1beta2",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
        },
      ],
    },
  };
}

/** For `kubectl apply --filename=-`. */
export const nackDefinitions = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [definition("KeyValue", bucket), definition("Stream", stream)],
});
