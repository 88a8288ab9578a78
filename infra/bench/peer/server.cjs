// The peer: fastify, ioredis and rate-limiter-flexible. Each POST / takes one of the caller's points, and nothing else:
// no quota that outlives its key, no record of the call, no token to check.
//
//   NODE_PATH=FOLDER/node_modules node server.cjs PORT REDIS_PORT
'use strict';

const { Redis } = require('ioredis');
const { RateLimiterRedis } = require('rate-limiter-flexible');
const server = require('fastify')({ logger: false });

const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = new Redis(redisPort, '127.0.0.1', { enableOfflineQueue: false });
const limiter = new RateLimiterRedis({ storeClient: redis, keyPrefix: 'peer', points: 2_000_000_000, duration: 3600 });

server.post('/', async (request, reply) => {
  try {
    const state = await limiter.consume(request.headers.authorization);
    return { success: true, data: { remaining: state.remainingPoints } };
  } catch (refusal) {
    return reply.code(refusal instanceof Error ? 503 : 429).send({ success: false });
  }
});

redis.once('ready', () => server.listen({ host: '127.0.0.1', port }));
