// A segment's members as another engine tells them: how often each reader is in it, as differences.

export class RemoteMembers {
  readonly #counts = new Map<string, number>();
  entered = 0;
  left = 0;

  get size(): number {
    return this.#counts.size;
  }

  has(reader: string): boolean {
    return this.#counts.has(reader);
  }

  /** Whether anybody entered or left. `reset`: whoever is not among the changes is no member. */
  apply(changes: ReadonlyMap<string, number>, reset: boolean): boolean {
    const [entered, left] = [this.entered, this.left];
    if (reset)
      for (const reader of this.#counts.keys())
        if ((changes.get(reader) ?? 0) <= 0) this.#set(reader, 0);
    for (const [reader, difference] of changes)
      this.#set(reader, (reset ? 0 : (this.#counts.get(reader) ?? 0)) + difference);
    return this.entered !== entered || this.left !== left;
  }

  #set(reader: string, count: number): void {
    const was = this.#counts.has(reader);
    if (count > 0) {
      this.#counts.set(reader, count);
      if (!was) this.entered++;
    } else if (was) {
      this.#counts.delete(reader);
      this.left++;
    }
  }
}
