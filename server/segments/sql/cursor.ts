// A place among a segment's words, and how much of it was read.
import { refuse } from "./fault.ts";
import { insteadOf } from "./refused.ts";
import { tokensOf, type Token } from "./tokens.ts";
import type { Problem } from "../../../sdk/problem.ts";

/** Parentheses, SELECTs and CASEs within each other. */
const depthMax = 16;
/** SELECTs of one segment. */
const selectsMax = 16;

export class Cursor {
  readonly #sql: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;
  #selects = 0;

  /** Throws Problem `segment-sql`. */
  constructor(sql: string) {
    this.#sql = sql;
    this.#tokens = tokensOf(sql);
  }

  get next(): Token {
    return this.peek(0);
  }

  peek(ahead: number): Token {
    const token = this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new TypeError("words without an end");
    return token;
  }

  take(): Token {
    const token = this.next;
    this.#index++;
    return token;
  }

  is(value: string, kind: Token["kind"] = "word"): boolean {
    return this.next.kind === kind && this.next.value === value;
  }

  /** Takes the next word or symbol where it is this one. */
  takes(value: string, kind: Token["kind"] = "word"): boolean {
    if (!this.is(value, kind)) return false;
    this.#index++;
    return true;
  }

  /** Throws Problem `segment-sql` where something else stands there. */
  expect(value: string, kind: Token["kind"] = "word"): void {
    if (!this.takes(value, kind)) throw this.unexpected(`\`${value.toUpperCase()}\``);
  }

  /** Names what stands there, and the portable way to say it where one is known. */
  unexpected(wanted: string): Problem {
    const { kind, value, at } = this.next;
    const advice = kind === "word" ? insteadOf(value) : undefined;
    if (advice !== undefined)
      return this.fault(`\`${value.toUpperCase()}\` is not taken: ${advice}`);
    const found = kind === "end" ? "the end" : `\`${value}\``;
    return this.fault(`${found} stands where ${wanted} is expected`, at);
  }

  fault(message: string, at = this.next.at): Problem {
    return refuse(this.#sql, at, message);
  }

  /** Reads something that may hold itself. */
  within<Read>(read: () => Read): Read {
    if (this.#depth >= depthMax) throw this.fault(`is nested more than ${depthMax} deep`);
    this.#depth++;
    const found = read();
    this.#depth--;
    return found;
  }

  countSelect(): void {
    this.#selects++;
    if (this.#selects > selectsMax) throw this.fault(`has more than ${selectsMax} SELECTs`);
  }
}
