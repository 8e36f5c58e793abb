import type { Static } from '@sinclair/typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SeedCalls, SeedOperation } from '../../core/directory/seed-api.ts';
import { fromBase64url, recordsFromJson, recordsToJson, toBase64url } from '../../core/directory/seed-json.ts';
import { ConfabError } from '../../core/errors.ts';
import { valueOfResult } from '../failures.ts';
import * as schemas from '../schemas.ts';
import type { SeedService } from '../service.ts';

type Body<Operation extends SeedOperation> = SeedCalls[Operation]['body'];
type Result<Operation extends SeedOperation> = SeedCalls[Operation]['result'];

/** The calls of seed-api.ts, one route each. */
export function directoryRoutes(app: FastifyInstance, service: SeedService): void {
  const call = async <Operation extends SeedOperation>(operation: Operation, body: Body<Operation>) =>
    valueOfResult(await service.call(operation, body)) as Result<Operation>;
  readRoutes(app, call);
  writeRoutes(app, call);
  vaultRoutes(app, call);
}

type Call = <Operation extends SeedOperation>(operation: Operation, body: Body<Operation>) => Promise<Result<Operation>>;

function writeRoutes(app: FastifyInstance, call: Call): void {
  const schema = {
    tags: ['records'],
    summary: 'Publish signed records',
    description: 'Users, node announcements, presence, friend facts and vaults. Each is judged by itself; repeating a request changes nothing.',
    body: schemas.publishBody,
    response: schemas.answers(schemas.publishAnswer),
  };
  app.post('/v1/records', { schema }, async (request) => {
    const { records } = request.body as Static<typeof schemas.publishBody>;
    const decoded = recordsFromJson(records);
    if (decoded === null) throw new ConfabError('bad-request', { reason: 'records must be strict base64url' });
    const answer = await call('publish', { records: decoded });
    logRefusals(request, answer.results);
    return answer;
  });
}

function logRefusals(request: FastifyRequest, results: Result<'publish'>['results']): void {
  const counts: Record<string, number> = {};
  for (const { accepted, code } of results) if (!accepted) counts[code ?? 'refused'] = (counts[code ?? 'refused'] ?? 0) + 1;
  if (Object.keys(counts).length > 0) request.log.warn({ refused: counts, of: results.length }, 'records refused');
}

function readRoutes(app: FastifyInstance, call: Call): void {
  const nodes = { tags: ['records'], summary: 'Live nodes, a random choice when there are more', querystring: schemas.nodesQuery };
  app.get('/v1/nodes', { schema: { ...nodes, response: schemas.answers(schemas.nodesAnswer) } }, async (request) => {
    const { records, total } = await call('nodes', request.query as Static<typeof schemas.nodesQuery>);
    return { records: recordsToJson(records), total };
  });

  const user = { tags: ['records'], summary: "A user's record, presence and live nodes; empty when unknown", params: schemas.namePath };
  app.get('/v1/users/:name', { schema: { ...user, response: schemas.answers(schemas.recordsAnswer) } }, async (request) => {
    const { records } = await call('user', request.params as Static<typeof schemas.namePath>);
    return { records: recordsToJson(records) };
  });

  const users = { tags: ['records'], summary: 'All users in the order of their names, page by page', querystring: schemas.usersQuery };
  app.get('/v1/users', { schema: { ...users, response: schemas.answers(schemas.usersAnswer) } }, async (request) => {
    const { records, ...rest } = await call('users', request.query as Static<typeof schemas.usersQuery>);
    return { records: recordsToJson(records), ...rest };
  });

  const state = { tags: ['records'], summary: 'Friend facts by and about a user, and the public records of the people in them', params: schemas.userIdPath };
  app.get('/v1/state/:userId', { schema: { ...state, response: schemas.answers(schemas.recordsAnswer) } }, async (request) => {
    const { records } = await call('state', request.params as Static<typeof schemas.userIdPath>);
    return { records: recordsToJson(records) };
  });
}

function vaultRoutes(app: FastifyInstance, call: Call): void {
  const challenge = { tags: ['vault'], summary: 'A fresh nonce to be signed', params: schemas.namePath, body: schemas.challengeBody };
  app.post('/v1/users/:name/challenge', { schema: { ...challenge, response: schemas.answers(schemas.challengeAnswer) } }, async (request) => {
    const { nonce } = await call('challenge', request.params as Static<typeof schemas.namePath>);
    return { nonce: toBase64url(nonce) };
  });

  const vault = {
    tags: ['vault'],
    summary: 'The locked vault, against a signature over a nonce',
    description: 'Wrong signatures in a row make the name pause for longer and longer.',
    params: schemas.namePath,
    body: schemas.vaultBody,
  };
  app.post('/v1/users/:name/vault', { schema: { ...vault, response: schemas.answers(schemas.vaultAnswer) } }, async (request) => {
    const { name } = request.params as Static<typeof schemas.namePath>;
    const body = request.body as Static<typeof schemas.vaultBody>;
    const nonce = fromBase64url(body.nonce);
    const signature = fromBase64url(body.signature);
    if (nonce === null || signature === null) throw new ConfabError('bad-request', { reason: 'nonce and signature must be strict base64url' });
    const answer = await call('vault', { name, nonce, signature });
    return { vault: toBase64url(answer.vault) };
  });
}
