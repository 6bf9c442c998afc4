/** Work done one piece at a time, in the order it was asked for. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    // The next in line runs whatever became of this one; the failure is its caller's.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
