// One SMTP connection at a time (RFC 5321), and what a failure on it means for the message: will it ever be taken, may it be
// tried again, or does nobody know whether it arrived?
import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { Problem } from "../sdk/problem.ts";

const connectMilliseconds = 20_000;
const greetingMilliseconds = 20_000;
/** RFC 5321 §4.5.3.2.6 allows ten minutes after the data; a sender of many goes on earlier. */
const socketMilliseconds = 120_000;

/** Why a message was not taken (RFC 3463, and RFC 5321 where a server gives no enhanced code). */
export type BounceClass =
  | "address"
  | "mailbox"
  | "full"
  | "size"
  | "content"
  | "policy"
  | "temporary"
  | "connection";

export type SendOutcome =
  | { readonly state: "sent" }
  | { readonly state: "refused"; readonly bounce: BounceClass; readonly reply: string }
  | { readonly state: "postponed"; readonly bounce: BounceClass; readonly reply: string }
  /** The connection broke after the message had begun to leave, and before the server said what became of it. */
  | { readonly state: "uncertain"; readonly reply: string };

/** The class of a refusal: `reply` is the server's last line, such as "550 5.1.1 No such user". */
export function bounceClassOf(code: number, reply: string): BounceClass {
  const [, subject, detail] = /\b[245]\.(\d{1,3})\.(\d{1,3})\b/.exec(reply) ?? [];
  switch (subject) {
    case "1":
      return "address";
    case "2":
      return detail === "2" ? "full" : detail === "3" ? "size" : "mailbox";
    case "3":
      return detail === "4" ? "size" : code < 500 ? "temporary" : "policy";
    case "4":
    case "5":
      return code < 500 ? "temporary" : "policy";
    case "6":
      return "content";
    case "7":
      return "policy";
    default:
      break;
  }
  if (code === 552) return "full";
  if (code === 550 || code === 551 || code === 553) return "address";
  return code < 500 ? "temporary" : "policy";
}

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (RFC 8314); otherwise STARTTLS where the server offers it. */
  readonly secure: boolean;
  /** Refuses to go on in the clear. */
  readonly requireTls: boolean;
  readonly user?: string;
  readonly password?: string;
}

/**
 * `smtp://user:password@host:587` or `smtps://host`. STARTTLS is required unless the host is this machine or the address
 * says `?tls=optional`. Problem: configuration-invalid.
 */
export function smtpServerOf(address: string): SmtpServer {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === "")
    throw new Problem("configuration-invalid", {
      detail: "The SMTP server must be an address such as smtp://user:password@mail.example:587.",
    });
  const secure = url.protocol === "smtps:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const here = host === "localhost" || host === "::1" || host.startsWith("127.");
  return {
    host,
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTls: !secure && !here && url.searchParams.get("tls") !== "optional",
    ...(url.username !== "" && {
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    }),
  };
}

export interface Envelope {
  readonly from: string;
  readonly to: string;
}

interface Fault {
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
  readonly message: string;
}

/** The server has spoken for the whole session, not for one message: nothing will be taken until it is mended. */
const isRefusedSession = ({ code }: Fault): boolean =>
  code === "EAUTH" || code === "ENOAUTH" || code === "ETLS" || code === "EDNS";

/** A connection that is opened when it is needed and again after it was lost. */
export class SmtpSession {
  readonly #server: SmtpServer;
  #connection: SMTPConnection | undefined;

  constructor(server: SmtpServer) {
    this.#server = server;
  }

  /** Never rejects but for Problem `server-unreachable`: wrong password, no such host, no TLS where it is required. */
  async send(envelope: Envelope, message: Buffer): Promise<SendOutcome> {
    let connection: SMTPConnection;
    try {
      connection = await this.#open();
    } catch (error) {
      const fault = error as Fault; // nodemailer rejects with errors of this shape.
      if (isRefusedSession(fault))
        throw new Problem("server-unreachable", {
          detail: `The SMTP server does not let us in: ${fault.response ?? fault.message}`,
        });
      return { state: "postponed", bounce: "connection", reply: fault.response ?? fault.message };
    }
    return this.#transmit(connection, envelope, message);
  }

  close(): void {
    this.#connection?.quit();
    this.#connection = undefined;
  }

  async #open(): Promise<SMTPConnection> {
    const known = this.#connection;
    if (known !== undefined) return known;
    const { host, port, secure, requireTls, user, password } = this.#server;
    const connection = new SMTPConnection({
      host,
      port,
      secure,
      requireTLS: requireTls,
      connectionTimeout: connectMilliseconds,
      greetingTimeout: greetingMilliseconds,
      socketTimeout: socketMilliseconds,
      // Counts loopback as an address family: a relay on this machine is common.
      allowInternalNetworkInterfaces: true,
    });
    try {
      await new Promise<void>((resolve, reject) => {
        const settle = (error: Error | null | undefined) => (error ? reject(error) : resolve());
        connection.once("error", reject);
        connection.once("end", () => reject(new Error("the server closed the connection")));
        connection.connect((error) => {
          if (error || user === undefined) settle(error);
          else connection.login({ user, pass: password }, settle);
        });
      });
    } catch (error) {
      connection.close();
      throw error;
    }
    // From here on each fault is the message's being sent; one between messages only ends the connection.
    connection.removeAllListeners("error");
    connection.on("error", () => this.#drop(connection));
    connection.once("end", () => this.#drop(connection));
    this.#connection = connection;
    return connection;
  }

  #drop(connection: SMTPConnection): void {
    connection.close();
    if (this.#connection === connection) this.#connection = undefined;
  }

  async #transmit(
    connection: SMTPConnection,
    envelope: Envelope,
    message: Buffer,
  ): Promise<SendOutcome> {
    let begun = false;
    // Read only once the server has said 354, so that a fault before is known to be one before.
    const body = new Readable({
      read() {
        begun = true;
        this.push(message);
        this.push(null);
      },
    });
    const fault = await new Promise<Fault | undefined>((resolve) => {
      // What the server said last, if anything, is told after this event and says more.
      connection.once("end", () =>
        setImmediate(resolve, { message: "the server closed the connection" }),
      );
      // A copy: the library keeps this try's state in it.
      connection.send({ ...envelope }, body, (error) => resolve(error ?? undefined));
    });
    connection.removeAllListeners("end");
    connection.once("end", () => this.#drop(connection));
    if (fault === undefined) return { state: "sent" };
    return this.#outcomeOf(connection, fault, begun);
  }

  #outcomeOf(connection: SMTPConnection, fault: Fault, begun: boolean): SendOutcome {
    const { responseCode = 0, response, message } = fault;
    const reply = response ?? message;
    if (responseCode >= 400) {
      const bounce = bounceClassOf(responseCode, reply);
      // 421: the server ends the session. Otherwise it goes on after RSET.
      if (responseCode === 421) this.#drop(connection);
      else connection.reset((error) => error && this.#drop(connection));
      return { state: responseCode >= 500 ? "refused" : "postponed", bounce, reply };
    }
    this.#drop(connection);
    return begun
      ? { state: "uncertain", reply }
      : { state: "postponed", bounce: "connection", reply };
  }
}
