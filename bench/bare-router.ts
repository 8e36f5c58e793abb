import { Router } from 'zeromq';

/** The other process of the bare loop: answers every message with one byte, until its parent lets go. */
process.title = 'confab bench router';
const router = new Router({ linger: 0 });
process.on('disconnect', () => {
  router.close();
  process.exit(0);
});
await router.bind('tcp://127.0.0.1:*');
process.send?.(router.lastEndpoint);
const ANSWER = Buffer.from([1]);
for await (const [id] of router) await router.send([id as Buffer, ANSWER]);
