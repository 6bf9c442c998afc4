// The expressions of amp-bind, as its grammar has them (amphtml, extensions/amp-bind/0.1): a subset of JavaScript without
// assignments, where what is missing is null and only listed functions may be called. What real mail clients would refuse
// is refused here, so that a document that works here works there.

import {
  builtIn,
  callOn,
  isObject,
  memberOf,
  operators,
  type Scope,
  type Value,
} from "./amp-values.ts";

/** amp-bind refuses expressions of more syntax nodes. */
export const nodesMax = 250;

interface Node {
  readonly nodes: number;
  readonly value: (scope: Scope) => Value;
}

/** An arrow function, which only a call may take. */
interface Arrow {
  readonly nodes: number;
  readonly parameters: readonly string[];
  readonly body: Node;
}

const tokenForm =
  /\s*(?:(?<number>\d+(?:\.\d+)?)\b|(?<name>[A-Za-z_]\w*)|'(?<single>[^']*)'|"(?<double>[^"]*)"|(?<mark>=>|&&|\|\||[<>=!]=|[-+*/%<>!?:.,()[\]{}]))/y;

type Token =
  | { readonly kind: "number" | "name" | "text" | "mark"; readonly text: string }
  | { readonly kind: "end"; readonly text: "" };

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  const source = expression.trimEnd();
  tokenForm.lastIndex = 0;
  while (tokenForm.lastIndex < source.length) {
    const at = tokenForm.lastIndex;
    const groups = tokenForm.exec(source)?.groups;
    if (groups === undefined) throw new Error(`amp-bind: cannot read "${source.slice(at)}"`);
    const { number, name, single, double, mark } = groups;
    const text = single ?? double;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (text !== undefined) tokens.push({ kind: "text", text });
    else tokens.push({ kind: "mark", text: mark ?? "" });
  }
  tokens.push({ kind: "end", text: "" });
  return tokens;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(expression: string) {
    this.#tokens = tokensOf(expression);
  }

  #peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? { kind: "end", text: "" };
  }

  #takes(mark: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== "mark" || text !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#takes(mark))
      throw new Error(`amp-bind: "${mark}" expected before "${this.#peek().text}"`);
  }

  whole(): Node {
    const node = this.#ternary();
    if (this.#peek().kind !== "end")
      throw new Error(`amp-bind: "${this.#peek().text}" is left over`);
    return node;
  }

  #ternary(): Node {
    const condition = this.#logical("||");
    if (!this.#takes("?")) return condition;
    const yes = this.#ternary();
    this.#expect(":");
    const no = this.#ternary();
    return {
      nodes: 1 + condition.nodes + yes.nodes + no.nodes,
      value: (scope) => (condition.value(scope) ? yes.value(scope) : no.value(scope)),
    };
  }

  #logical(mark: "||" | "&&"): Node {
    const operand = (): Node => (mark === "||" ? this.#logical("&&") : this.#binary(0));
    let left = operand();
    while (this.#takes(mark)) {
      const [first, second] = [left, operand()];
      left = {
        nodes: 1 + first.nodes + second.nodes,
        value: (scope) =>
          mark === "||"
            ? first.value(scope) || second.value(scope)
            : first.value(scope) && second.value(scope),
      };
    }
    return left;
  }

  #binary(level: number): Node {
    const known = operators[level];
    if (known === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { kind, text } = this.#peek();
      const operator = kind === "mark" ? known[text] : undefined;
      if (operator === undefined) return left;
      this.#at++;
      const [first, second] = [left, this.#binary(level + 1)];
      left = {
        nodes: 1 + first.nodes + second.nodes,
        value: (scope) => operator(first.value(scope), second.value(scope)),
      };
    }
  }

  #unary(): Node {
    for (const [mark, act] of [
      ["!", (value: Value) => !value],
      ["-", (value: Value) => -Number(value)],
      ["+", (value: Value) => Number(value)],
    ] as const)
      if (this.#takes(mark)) {
        const operand = this.#unary();
        return { nodes: 1 + operand.nodes, value: (scope) => act(operand.value(scope)) };
      }
    return this.#postfix();
  }

  #postfix(): Node {
    let target = this.#primary();
    for (;;) {
      if (this.#takes(".")) {
        const name = this.#name();
        if (this.#takes("(")) target = this.#call(target, name);
        else target = this.#member(target, { nodes: 1, value: () => name });
      } else if (this.#takes("[")) {
        const inner = this.#ternary();
        this.#expect("]");
        target = this.#member(target, { nodes: 1 + inner.nodes, value: inner.value });
      } else return target;
    }
  }

  #member(target: Node, member: Node): Node {
    return {
      nodes: 1 + target.nodes + member.nodes,
      value: (scope) => memberOf(target.value(scope), member.value(scope)),
    };
  }

  #name(): string {
    const { kind, text } = this.#peek();
    if (kind !== "name") throw new Error(`amp-bind: a name expected before "${text}"`);
    this.#at++;
    return text;
  }

  #call(target: Node, method: string): Node {
    const arrow = this.#arrow();
    if (arrow !== undefined) {
      this.#expect(")");
      const { parameters, body } = arrow;
      return {
        nodes: 1 + target.nodes + arrow.nodes,
        value: (scope) =>
          callOn(target.value(scope), method, [
            (...values: Value[]) =>
              body.value({
                ...scope,
                ...Object.fromEntries(
                  parameters.map((name, index) => [name, values[index] ?? null]),
                ),
              }),
          ]),
      };
    }
    const given = this.#list(")");
    return {
      nodes: 1 + target.nodes + given.nodes,
      value: (scope) => {
        const values = given.values(scope);
        if (values.some(isObject)) throw new Error(`amp-bind: an object given to ${method}`);
        return callOn(target.value(scope), method, values);
      },
    };
  }

  /** `x => …` and `(x, y) => …`; amp-bind takes no brackets around one parameter, and nothing after the function. */
  #arrow(): Arrow | undefined {
    const parameters: string[] = [];
    const start = this.#at;
    if (this.#peek().kind === "name" && this.#peek(1).text === "=>") parameters.push(this.#name());
    else if (this.#takes("(")) {
      while (this.#peek().kind === "name") {
        parameters.push(this.#name());
        if (!this.#takes(",")) break;
      }
      if (!this.#takes(")") || this.#peek().text !== "=>" || parameters.length === 1) {
        this.#at = start;
        return undefined;
      }
    } else return undefined;
    this.#expect("=>");
    const body = this.#ternary();
    return { nodes: 2 + parameters.length + body.nodes, parameters, body };
  }

  #list(closing: ")" | "]"): {
    readonly nodes: number;
    readonly values: (scope: Scope) => Value[];
  } {
    const items: Node[] = [];
    if (!this.#takes(closing)) {
      do items.push(this.#ternary());
      while (this.#takes(","));
      this.#expect(closing);
    }
    return {
      nodes: items.reduce((sum, { nodes }) => sum + nodes, items.length === 0 ? 1 : 2),
      values: (scope) => items.map((item) => item.value(scope)),
    };
  }

  #primary(): Node {
    const { kind, text } = this.#peek();
    this.#at++;
    if (kind === "number") return { nodes: 1, value: () => Number(text) };
    if (kind === "text") return { nodes: 1, value: () => text };
    if (kind === "name") return this.#named(text);
    if (text === "(") {
      const inner = this.#ternary();
      this.#expect(")");
      return inner;
    }
    if (text === "[") {
      const { nodes, values } = this.#list("]");
      return { nodes, value: values };
    }
    if (text === "{") return this.#object();
    throw new Error(`amp-bind: "${text}" is no expression`);
  }

  #named(name: string): Node {
    const literal = { null: null, true: true, false: false }[name];
    if (literal !== undefined) return { nodes: 1, value: () => literal };
    if (!this.#takes("("))
      return {
        nodes: 1,
        value: (scope) => (Object.hasOwn(scope, name) ? (scope[name] ?? null) : null),
      };
    const given = this.#list(")");
    const found = builtIn[name];
    if (found === undefined) throw new Error(`amp-bind: ${name} is not a supported function`);
    return {
      nodes: 1 + given.nodes,
      value: (scope) => found(...given.values(scope).map(Number)),
    };
  }

  #object(): Node {
    const members: [string, Node][] = [];
    if (!this.#takes("}")) {
      do {
        const { kind, text } = this.#peek();
        if (kind === "mark" || kind === "end") throw new Error(`amp-bind: "${text}" is no key`);
        this.#at++;
        this.#expect(":");
        members.push([text, this.#ternary()]);
      } while (this.#takes(","));
      this.#expect("}");
    }
    return {
      nodes: members.reduce((sum, [, { nodes }]) => sum + 2 + nodes, 2),
      value: (scope) =>
        Object.fromEntries(members.map(([key, member]) => [key, member.value(scope)])),
    };
  }
}

/** A function of the state. Throws Error for what amp-bind cannot read, or finds too long; the function throws for calls it refuses. */
export function readExpression(expression: string): (scope: Scope) => Value {
  const { nodes, value } = new Reader(expression).whole();
  if (nodes > nodesMax)
    throw new Error(`amp-bind: ${nodes} nodes, more than ${nodesMax}: ${expression.slice(0, 80)}`);
  return value;
}
