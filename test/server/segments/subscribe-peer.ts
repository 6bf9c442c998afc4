// A server that speaks the PostgreSQL wire protocol (version 3) as far as SUBSCRIBE needs it: start-up, a password, simple
// queries, a cursor that FETCH reads on from. It keeps differences with times, as Materialize does.
import { createServer, type Server, type Socket } from "node:net";

interface Difference {
  readonly at: bigint;
  readonly reader: string;
  readonly change: 1 | -1;
}

const int32 = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
};
const text = (words: string): Buffer => Buffer.concat([Buffer.from(words), Buffer.of(0)]);
const message = (kind: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body]);
};
const int16 = (number: number): Buffer => int32(number).subarray(2);

const columns = ["mz_timestamp", "mz_progressed", "mz_diff", "reader"];
const ready = message("Z", Buffer.from("I"));
const described = message(
  "T",
  int16(columns.length),
  // Type 25 is text, of whatever length.
  ...columns.map((name) =>
    Buffer.concat([text(name), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]),
  ),
);
const row = (cells: readonly (string | null)[]): Buffer =>
  message(
    "D",
    int16(cells.length),
    ...cells.map((cell) =>
      cell === null
        ? int32(-1)
        : Buffer.concat([int32(Buffer.byteLength(cell)), Buffer.from(cell)]),
    ),
  );
const refusal = (code: string, words: string): Buffer =>
  message(
    "E",
    Buffer.from("S"),
    text("ERROR"),
    Buffer.from("C"),
    text(code),
    Buffer.from("M"),
    text(words),
    Buffer.of(0),
  );

export class SubscribePeer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #differences: Difference[] = [];
  /** The time that has not ended yet. */
  now = 10n;
  /** Times before this one are not kept any more. */
  keptFrom = 0n;
  password = "right";
  fetchMs = 0;
  readonly declared: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => this.#serve(socket));
  }

  static async open(): Promise<SubscribePeer> {
    const server = createServer();
    const peer = new SubscribePeer(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return peer;
  }

  get url(): string {
    const address = this.#server.address();
    return `postgres://maily@127.0.0.1:${typeof address === "object" ? address?.port : 0}/materialize`;
  }

  /** Readers enter and leave at one time, which then ends. */
  tick(changes: Readonly<Record<string, 1 | -1>> = {}): void {
    for (const [reader, change] of Object.entries(changes))
      this.#differences.push({ at: this.now, reader, change });
    this.now++;
  }

  /** Every connection breaks in the middle of whatever it does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
    let received = Buffer.alloc(0);
    let begun = false;
    const cursor = { since: 0n, snapshot: true, told: 0n, first: true };
    socket.on("data", (bytes) => {
      received = Buffer.concat([received, bytes]);
      for (;;) {
        const head = begun ? 1 : 0;
        if (received.length < head + 4) return;
        const length = received.readInt32BE(head);
        if (received.length < head + length) return;
        const kind = begun ? String.fromCharCode(received[0] ?? 0) : "";
        const body = received.subarray(head + 4, head + length);
        received = received.subarray(head + length);
        // 80877103 asks for TLS, which this server has not.
        if (!begun && body.readInt32BE(0) === 80_877_103) socket.write("N");
        else if (!begun) {
          begun = true;
          socket.write(message("R", int32(3)));
        } else if (kind === "p") this.#logIn(socket, body.subarray(0, -1).toString());
        else if (kind === "Q") void this.#query(socket, body.subarray(0, -1).toString(), cursor);
      }
    });
  }

  #logIn(socket: Socket, password: string): void {
    if (password === this.password) socket.write(Buffer.concat([message("R", int32(0)), ready]));
    else socket.end(refusal("28P01", "password authentication failed"));
  }

  async #query(
    socket: Socket,
    sql: string,
    cursor: { since: bigint; snapshot: boolean; told: bigint; first: boolean },
  ): Promise<void> {
    const done = (tag: string): boolean =>
      socket.write(Buffer.concat([message("C", text(tag)), ready]));
    if (sql === "BEGIN") return void done("BEGIN");
    if (sql.startsWith("DECLARE")) {
      this.declared.push(sql);
      const asOf = /AS OF (\d+)$/.exec(sql)?.[1];
      cursor.snapshot = !sql.includes("SNAPSHOT = false");
      cursor.since = asOf === undefined ? this.now - 1n : BigInt(asOf);
      cursor.told = cursor.since;
      if (cursor.since < this.keptFrom)
        return void socket.write(
          Buffer.concat([refusal("XX000", "Timestamp (9) is not valid for all inputs"), ready]),
        );
      if (sql.includes("FROM absent"))
        return void socket.write(
          Buffer.concat([refusal("42P01", "unknown catalog item 'absent'"), ready]),
        );
      return void done("DECLARE CURSOR");
    }
    await new Promise((resolve) => setTimeout(resolve, this.fetchMs === 0 ? 5 : this.fetchMs));
    const rows: Buffer[] = [];
    if (cursor.first) {
      cursor.first = false;
      rows.push(row([String(cursor.since), "t", null, null]));
      if (cursor.snapshot) {
        const members = new Map<string, number>();
        for (const { at, reader, change } of this.#differences)
          if (at <= cursor.since) members.set(reader, (members.get(reader) ?? 0) + change);
        for (const [reader, count] of members)
          if (count > 0) rows.push(row([String(cursor.since), "f", "1", reader]));
      }
      rows.push(row([String(cursor.since + 1n), "t", null, null]));
    }
    const complete = this.now - 1n;
    if (complete > cursor.told) {
      for (const { at, reader, change } of this.#differences)
        if (at > cursor.told && at <= complete)
          rows.push(row([String(at), "f", String(change), reader]));
      cursor.told = complete;
      rows.push(row([String(complete + 1n), "t", null, null]));
    }
    if (socket.writable)
      socket.write(
        Buffer.concat([described, ...rows, message("C", text(`FETCH ${rows.length}`)), ready]),
      );
  }
}
