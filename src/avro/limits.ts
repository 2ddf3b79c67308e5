/** What a reader of backups takes at most, so that no file can eat the memory. Bytes unless said otherwise. */
export const MAX_HEADER_BYTES = 1 << 20;
/** Entries of the metadata: empty ones cost time, not bytes. */
export const MAX_ENTRIES = 1000;
export const MAX_COLUMNS = 1000;
/** A block as it lies in the file. */
export const MAX_PACKED_BYTES = 16 << 20;
/** A block inflated. */
export const MAX_BLOCK_BYTES = 64 << 20;
