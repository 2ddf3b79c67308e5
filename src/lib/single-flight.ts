/** Work that runs once for all who ask for it while it runs. */
export class SingleFlight<T> {
  #running: Promise<T> | null = null;

  run(work: () => Promise<T>): Promise<T> {
    this.#running ??= work().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Resolves when nothing runs, however it ended. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }
}
