import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Crypto, KeyPair } from '../core/capabilities.ts';
import { ConfabError } from '../core/errors.ts';
import { answerClientError, answerFailures, answerFrameworkError } from './failures.ts';
import type { LogStream } from './log.ts';
import { SEED_HTTP_OPTIONS, type SeedHttpOptions } from './options.ts';
import { signAnswers } from './proof.ts';
import { directoryRoutes } from './routes/directory.ts';
import { healthRoutes } from './routes/health.ts';
import type { SeedService } from './service.ts';
import { validateStrictly } from './validation.ts';

export interface SeedAppParts {
  readonly service: SeedService;
  /** Takes the structured log line by line; none is written without it. */
  readonly log?: LogStream;
  readonly options?: Partial<SeedHttpOptions>;
  /** Signs answers; without it none is signed. */
  readonly signer?: { readonly crypto: Crypto; readonly pair: KeyPair };
}

/** Builds the HTTP application and does not listen: tests inject requests, server.ts opens the port. */
export async function buildSeedApp(parts: SeedAppParts): Promise<FastifyInstance> {
  const options = { ...SEED_HTTP_OPTIONS, ...parts.options };
  const app = Fastify({
    logger: parts.log === undefined ? false : { level: 'info', stream: parts.log },
    // The hook below writes one line for each request instead of two.
    logController: new LogController({ disableRequestLogging: true }),
    // A busy machine takes its time to load them; how long the whole may take is for whoever starts the process.
    pluginTimeout: 0,
    bodyLimit: options.bodyBytesMax,
    forceCloseConnections: 'idle',
    keepAliveTimeout: options.keepAliveMillis,
    handlerTimeout: options.handlerMillis,
    requestTimeout: options.requestMillis,
    // requestTimeout alone does nothing: Node looks only every 30 s and lets the (longer) headers timeout win.
    http: { headersTimeout: options.headersMillis, connectionsCheckingInterval: options.connectionsCheckMillis },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  });
  app.server.maxConnections = options.connectionsMax;
  // Only JSON: text would also be what a foreign page can send without asking first.
  app.removeContentTypeParser('text/plain');
  validateStrictly(app);
  answerFailures(app, options.bodyBytesMax);
  logRequests(app);
  await protect(app, options);
  if (parts.signer !== undefined) signAnswers(app, parts.signer.crypto, parts.signer.pair);
  await document(app);
  directoryRoutes(app, parts.service);
  healthRoutes(app, parts.service);
  return app;
}

/** One line a request: who asked for what and how it ended. Never a body. */
function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const line = {
      method: request.method,
      path: request.url.slice(0, 200),
      status: reply.statusCode,
      millis: Math.round(reply.elapsedTime * 100) / 100,
      address: request.ip,
    };
    if (reply.statusCode >= 500) request.log.error(line, 'request');
    else if (reply.statusCode >= 400) request.log.warn(line, 'request');
    else request.log.info(line, 'request');
  });
}

async function protect(app: FastifyInstance, options: SeedHttpOptions): Promise<void> {
  await app.register(helmet, {
    // Plain HTTP on the loopback: a browser told to upgrade to TLS would not find the page's own scripts.
    strictTransportSecurity: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'self'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
      },
    },
  });
  await app.register(rateLimit, {
    global: true,
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, context) => new ConfabError('rate-limited', { seconds: Math.max(1, Math.ceil(context.ttl / 1000)) }),
  });
}

async function document(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Confab seed server',
        version: '1',
        description:
          'Registers users, lists live nodes and keeps fallback state. It stores signed records and locked vaults, never a password or a hash of one.',
      },
      tags: [
        { name: 'records', description: 'Signed public records' },
        { name: 'vault', description: 'Logging in on a new machine' },
        { name: 'service', description: 'For administrators' },
      ],
    },
  });
  // The page is served from the package, so it works without the internet.
  await app.register(swaggerUi, { routePrefix: '/docs', theme: { title: 'Confab seed server' }, uiConfig: { validatorUrl: null, docExpansion: 'list' } });
}
