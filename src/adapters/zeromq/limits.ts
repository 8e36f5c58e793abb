/** Sockets of one process. ZeroMQ's default of 1,023 ends at some 500 peers, and cannot be raised once a socket exists. */
export const SOCKETS_MAX = 16_384;
