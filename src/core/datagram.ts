/** A packet whose bytes are written only when somebody needs them: between two nodes of one simulation nobody does. */
export interface UnwrittenDatagram {
  /** Bytes that it will have. */
  readonly length: number;
  /** Always the same bytes. */
  write(): Uint8Array;
  /** The same without the signature at their end, which says nothing and is dear: for whoever looks through what was sent. */
  unsigned(): Uint8Array;
}

/** What a datagram carries. Those that come from outside this process are bytes. */
export type DatagramContent = Uint8Array | UnwrittenDatagram;

export function bytesOfDatagram(content: DatagramContent): Uint8Array {
  return content instanceof Uint8Array ? content : content.write();
}
