import type { FastifyInstance } from 'fastify';
import * as schemas from '../schemas.ts';
import type { SeedService } from '../service.ts';

const API_VERSION = '1';

/** What administrators and scenarios look at. */
export function healthRoutes(app: FastifyInstance, service: SeedService): void {
  const startedAt = service.now().monotonicMillis;

  const health = { tags: ['service'], summary: 'Is it up, since when, and how much does it hold', response: schemas.answers(schemas.healthAnswer) };
  app.get('/healthz', { schema: health }, async () => ({
    status: 'ok',
    version: API_VERSION,
    uptimeMillis: Math.max(0, Math.round(service.now().monotonicMillis - startedAt)),
    ...service.counts(),
  }));

  const summary = { tags: ['service'], summary: 'Names of the users, who is on line, and counts', response: schemas.answers(schemas.summaryAnswer) };
  // Whoever opens the address in a browser is shown what can be asked here.
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));

  app.get('/v1/summary', { schema: summary }, async () => service.summary());
}
