import { isUtf8 } from 'node:buffer';
import {
  MAX_FIELDS,
  RECORD_ENCODING,
  RECORD_NUL,
  RECORD_QUOTE_STRAY,
  RECORD_QUOTE_UNCLOSED,
  RECORD_TOO_LONG,
  type Tape,
} from '../model/tape.ts';
import type { Findings } from './findings.ts';

/** The fields of such a record are not what they were meant to be. */
const UNCOUNTED = RECORD_QUOTE_UNCLOSED | RECORD_QUOTE_STRAY | RECORD_TOO_LONG;

/** What is wrong with whole records: quotes, number of fields, encoding, NUL, length. */
export function checkRecords(tape: Tape, findings: Findings): void {
  const { records, faults, fieldCounts, width } = tape;
  for (let r = 0; r < records; r++) {
    const fault = faults[r] ?? 0;
    if (fault !== 0) reportFault(findings, r, fault);
    const fields = fieldCounts[r] ?? 0;
    if (fields !== width && (fault & UNCOUNTED) === 0) {
      findings.record(r, fields < width && fields <= MAX_FIELDS ? 'columns.few' : 'columns.many');
    }
  }
  if (!tape.transcoded) checkBytes(tape, findings);
}

function reportFault(findings: Findings, record: number, fault: number): void {
  if (fault & RECORD_QUOTE_UNCLOSED) findings.record(record, 'quote.unclosed');
  if (fault & RECORD_QUOTE_STRAY) findings.record(record, 'quote.stray');
  if (fault & RECORD_TOO_LONG) findings.record(record, 'record.too_long');
  if (fault & RECORD_ENCODING) findings.record(record, 'encoding');
  if (fault & RECORD_NUL) findings.record(record, 'nul');
}

/** The whole batch is looked at once; only when it is not clean, record by record. */
function checkBytes(tape: Tape, findings: Findings): void {
  // As a Buffer, whose `includes` is twenty times as fast as that of an array.
  const content = Buffer.from(tape.bytes.buffer, tape.bytes.byteOffset, tape.consumed);
  const clean = isUtf8(content);
  const nul = content.includes(0);
  if (clean && !nul) return;
  for (let r = 0; r < tape.records; r++) {
    const raw = tape.bytes.subarray(tape.recordStarts[r], tape.recordEnds[r]);
    if (!clean && !isUtf8(raw)) findings.record(r, 'encoding');
    if (nul && raw.includes(0)) findings.record(r, 'nul');
  }
}
