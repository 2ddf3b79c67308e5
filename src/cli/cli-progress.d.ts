/** The few methods of cli-progress that are called here. */
declare module 'cli-progress' {
  interface BarOptions {
    readonly format: (
      options: unknown,
      params: { readonly value: number; readonly total: number },
      payload: Record<string, unknown>,
    ) => string;
    readonly stream: NodeJS.WritableStream;
    readonly hideCursor: boolean;
    readonly clearOnComplete: boolean;
    readonly gracefulExit: boolean;
    readonly fps: number;
  }
  class SingleBar {
    constructor(options: BarOptions);
    start(total: number, value: number, payload: Record<string, unknown>): void;
    setTotal(total: number): void;
    update(value: number, payload: Record<string, unknown>): void;
    stop(): void;
  }
  const progress: { readonly SingleBar: typeof SingleBar };
  export default progress;
}
