import type { Env, Program } from '../core/env.ts';
import type { Host, HostPorts } from '../core/host.ts';
import type { Frame } from '../core/messages.ts';

/** Stands in for the making of the host, so that all that reaches it can be written down. */
export interface InputRecorder {
  host(ports: HostPorts<Frame>, make: (env: Env<Frame>) => Program<Frame>): Host<Frame>;
  /** After the last turn, with the store still open. */
  end(): void;
}
