// SPDX-License-Identifier: Apache-2.0

export const paths = {
  getJob: "/job.v1.JobService/GetJob",
  dequeueJob: "/job.v1.JobService/DequeueJob",
  appendJobEvents: "/job.v1.JobEventsService/AppendJobEvents",
  streamJobEvents: "/job.v1.JobEventsService/StreamJobEvents",
  publishJobEvents: "/job.v1.JobEventsService/PublishJobEvents",
} as const;

export const contentTypes = {
  unary: { "content-type": "application/proto" },
  unaryJson: { "content-type": "application/json" },
  stream: { "content-type": "application/connect+proto" },
  streamJson: { "content-type": "application/connect+json" },
  grpc: { "content-type": "application/grpc" },
  grpcWeb: { "content-type": "application/grpc-web+proto" },
} as const;
