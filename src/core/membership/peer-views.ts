import type { PeerView } from '../commands.ts';
import { shortestTripMillis } from '../link/round-trips.ts';
import type { Parts } from '../parts.ts';

/** The links of this node as people are shown them. */
export function peerViews({ env, links, friends }: Parts): PeerView[] {
  return [...links.all()].map((link) => {
    const trip = shortestTripMillis(link);
    return {
      node: link.name,
      user: link.name.split('@')[0] as string,
      nodeId: link.nodeId ?? '',
      address: link.endpoint.address,
      state: link.state,
      why: link.userId !== null && friends.relation(link.userId) === 'friend' ? 'friend' : link.wanted ? 'wanted' : link.ours ? 'random' : 'inbound',
      roundTripMillis: trip === null ? null : Math.round(trip * 10) / 10,
      silenceMillis: Math.round(env.monotonicMillis - link.lastHeardMillis),
    };
  });
}
