import { type Converter, UNREAD } from './converter.ts';

/** RFC 4648, 4: whole groups of four, with padding, and no bits that are lost. */
export const base64Converter: Converter = (area, start, end) => {
  const text = Buffer.from(area.bytes.buffer, area.bytes.byteOffset + start, end - start).toString('latin1');
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? area.text(`\\x${bytes.toString('hex')}`) : UNREAD;
};
