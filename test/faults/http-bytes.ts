/** HTTP/1.1 messages as bytes: just enough to tell where one ends. */
const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/** Bytes of the head, its empty line included; null: it is not whole yet. */
export function headLength(bytes: Buffer): number | null {
  const end = bytes.indexOf(HEAD_END);
  return end < 0 ? null : end + HEAD_END.length;
}

/** Whether one message is there to its end, by Content-Length or by its last chunk (RFC 9112, 6.3). */
export function isWhole(bytes: Buffer): boolean {
  const head = headLength(bytes);
  if (head === null) return false;
  const fields = bytes.toString('latin1', 0, head);
  if (/^transfer-encoding: chunked\r$/im.test(fields)) return bytes.toString('latin1').endsWith(LAST_CHUNK);
  return bytes.length >= head + Number(/^content-length: (\d+)\r$/im.exec(fields)?.[1] ?? 0);
}
