// A real SMTP server whose verdicts a test decides.
import type { Readable } from "node:stream";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface Delivered {
  readonly to: string;
  readonly raw: string;
}

export interface SmtpPeer {
  readonly port: number;
  readonly delivered: readonly Delivered[];
  readonly connections: () => number;
  stop(): Promise<void>;
}

export const smtpError = (responseCode: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode });

/** `verdict` on a recipient, and `atData` on a whole message, before it is acknowledged; an Error with responseCode refuses. */
export async function startSmtp(
  verdict: (to: string) => Error | undefined = () => undefined,
  atData: (to: string, drop: () => void) => Error | undefined | Promise<Error | undefined> = () =>
    undefined,
  options: SMTPServerOptions = {},
): Promise<SmtpPeer> {
  const delivered: Delivered[] = [];
  let connections = 0;
  const drop = (): void => {
    for (const connection of server.connections)
      (connection as unknown as { _socket: { destroy(): void } })._socket.destroy(); // Cuts the wire itself; its types do not name it.
  };
  const receive = async (stream: Readable, to: string): Promise<Error | null> => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of stream) pieces.push(piece as Buffer); // No encoding was set.
    } catch (error) {
      // The sender was killed in the middle of a message.
      return error as Error;
    }
    const error = await atData(to, drop);
    if (error === undefined) delivered.push({ to, raw: Buffer.concat(pieces).toString() });
    return error ?? null;
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    logger: false,
    onConnect(_session, done) {
      connections++;
      done();
    },
    onRcptTo({ address }, _session, done) {
      done(verdict(address));
    },
    onData(stream, session, done) {
      void (async () => done(await receive(stream, session.envelope.rcptTo[0]?.address ?? "")))();
    },
    ...options,
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return {
    port: address.port,
    delivered,
    connections: () => connections,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
