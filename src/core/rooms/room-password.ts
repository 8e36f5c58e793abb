import { utf8 } from '../bytes.ts';
import type { Crypto, KeyPair } from '../capabilities.ts';
import type { UserId } from '../types.ts';
import type { RoomId } from './room-commands.ts';

/**
 * The password of a room is never stored or sent. argon2id (RFC 9106) of it, then HKDF (RFC 5869), give an Ed25519 key pair whose
 * public half stands in the room's first event; who knows the password signs that it may join. Whoever has the first event can
 * try passwords on their own machine, one argon2id each: a room's password keeps out who cannot guess it, and no more.
 */
export function passwordKeyPair(crypto: Crypto, master: Uint8Array, salt: Uint8Array): KeyPair {
  return crypto.signingKeyPair(crypto.hkdf({ key: master, salt, info: 'confab/room-password/1', length: 32 }));
}

export function passwordProof(crypto: Crypto, pair: KeyPair, room: RoomId, user: UserId): Uint8Array {
  return crypto.sign(pair.secretKey, proofBytes(room, user));
}

export function passwordProofHolds(crypto: Crypto, publicKey: Uint8Array, room: RoomId, user: UserId, proof: Uint8Array): boolean {
  return publicKey.length === 32 && proof.length === 64 && crypto.verify(publicKey, proofBytes(room, user), proof);
}

function proofBytes(room: RoomId, user: UserId): Uint8Array {
  return utf8(`confab/room-join/1\0${room}\0${user}`);
}
