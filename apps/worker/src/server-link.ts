import { type Down, downSchema, protocolVersion, type Up } from '@millrace/protocol';

/** The worker's line to its server: the IPC channel of the process. A worker whose server is gone has nobody to work for. */
export class ServerLink {
  #send: (message: Up) => void;

  private constructor(send: (message: Up) => void) {
    this.#send = send;
  }

  /**
   * @param onMessage gets each valid message
   * @param onGone called once, when the server is gone
   * @throws Error when the process was not started by a server
   */
  static open(onMessage: (message: Down) => void, onGone: () => void): ServerLink {
    const send = process.send?.bind(process);
    if (send === undefined) {
      throw new Error('A worker is started by its server. Start Millrace with: npm start');
    }
    process.on('message', (raw) => {
      const message = downSchema.safeParse(raw);
      if (message.success) onMessage(message.data);
      else throw new Error(`The server sent a message that is none of ours: ${message.error.message}`);
    });
    process.once('disconnect', onGone);
    const link = new ServerLink((message) => {
      // A server that goes away while it is written to takes the message with it; `disconnect` tells the rest.
      if (process.connected) send(message, undefined, undefined, () => undefined);
    });
    link.send({ type: 'hello', protocolVersion, pid: process.pid });
    return link;
  }

  send(message: Up): void {
    this.#send(message);
  }

  /** Sends and waits until the message has left the process. */
  async sendLast(message: Up): Promise<void> {
    if (!process.connected) return;
    await new Promise<void>((resolve) => {
      process.send?.(message, undefined, undefined, () => resolve());
    });
  }
}
