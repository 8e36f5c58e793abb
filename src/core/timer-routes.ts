import { SEARCH_TIMER } from './chat/message-search.ts';
import { isMailTimer } from './mail/mail.ts';
import type { Parts } from './parts.ts';
import { isRoomTimer } from './rooms/rooms.ts';

/** Hands a timer that is due to the module that set it. */
export function fireTimer(parts: Parts, kind: string, key: string): void {
  const { links, discovery, swim, connections, sync, seed, lookup } = parts;
  switch (kind) {
    case 'link-tick':
      return links.watch.tick();
    case 'link-acknowledge':
      return links.acknowledgeAll();
    case 'connect':
      return connections.review();
    case 'beacon':
      return discovery.tick();
    case 'swim-period':
      return swim.tick();
    case 'swim-probe':
      return swim.probeTimer(key);
    case 'swim-verdict':
      return swim.verdictTimer(key);
    case 'swim-news':
      return swim.newsTimer();
    case 'swim-suspicion':
      return swim.suspicionTimer();
    case 'unlinked':
      return parts.unlinked.timer();
    case 'anti-entropy':
      return sync.tick();
    case 'find-nodes':
      return seed.findNodesAgain();
    case 'renewed-records':
      return parts.view.stored.writeRenewed();
    case 'news':
      return sync.rumours.newsTimer();
    case 'gossip':
      return sync.rumours.renewedTimer();
    case 'join':
      return seed.joinTimer();
    case 'announce':
      return seed.announceTimer();
    case 'seed-retry':
      return seed.retryTimer();
    case 'lookup':
      return lookup.timer(key);
    case 'ring-stabilise':
    case 'ring-fingers':
    case 'ring-merge':
    case 'ring-join':
    case 'ring-routes':
    case 'ring-asks':
    case 'ring-members':
      return parts.ring.timer(kind);
    case 'replica-push':
    case 'replica-lease':
    case 'replica-write':
    case 'replica-asks':
    case 'replica-leave':
      return parts.replication.timer(kind);
    default:
      return fireUserTimer(parts, kind, key);
  }
}

/** The timers of chat and accounts. */
function fireUserTimer(parts: Parts, kind: string, key: string): void {
  switch (kind) {
    case 'prekeys':
      return parts.secure.timer(key);
    case SEARCH_TIMER:
      return parts.chat.search.timer();
    case 'outbox':
    case 'typing':
      return parts.chat.timer(kind);
    case 'own-values':
      return parts.ownValues.timer(key);
    case 'vault':
      return parts.vaultExchange.timer(key);
    case 'burial':
      return parts.burial.timer();
    case 'custody':
      return parts.custody.timer();
    case 'handover':
      return parts.inheritance.timer(key);
    case 'files':
      return parts.files.tick();
    case 'presence':
      return parts.presence.tick();
    default:
      if (isMailTimer(kind)) return parts.mail.timer(kind);
      if (isRoomTimer(kind)) return parts.rooms.timer(kind);
      throw new Error(`a timer that nobody set: ${kind}`);
  }
}
