/**
 * Gives the memory of arrays back at once. Large buffers that wait for the garbage collector are what a server's
 * peak memory is made of; a detached buffer is freed when it is detached. The arrays are empty afterwards; those in shared memory stay as they are.
 */
export function release(...arrays: readonly Uint8Array[]): void {
  for (const { buffer } of arrays) {
    if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
  }
}

/** The same for what a stream or a cipher made, if nothing else lies in its memory. */
export function releaseOwn({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) release(new Uint8Array(buffer));
}
