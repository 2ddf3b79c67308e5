import type { Column, ColumnKind } from '../model/table.ts';
import type { BytesJudge } from './column-check.ts';
import { decimalJudge, floatJudge } from './decimal.ts';
import { binaryJudge, booleanJudge, jsonJudge, uuidJudge } from './formats.ts';
import { integerJudge } from './integer.ts';
import { both, jsonNumberJudge, textNumberJudge } from './number-like.ts';
import { dateJudge, datetimeJudge, timeJudge } from './temporal.ts';
import { textJudge } from './text.ts';

/** The judge of a column's kind, with the limits of its type; null where any text will do. */
export function judgeOf(column: Column): BytesJudge | null {
  const judge = ofKind(column);
  const meant = column.rules?.kind;
  return meant === undefined ? judge : both(judge, meantJudge(column, meant));
}

function ofKind(column: Column): BytesJudge | null {
  switch (column.kind) {
    case 'integer':
      return integerJudge(column);
    case 'decimal':
      return decimalJudge(column);
    case 'float':
      return floatJudge(column);
    case 'boolean':
      return booleanJudge;
    case 'date':
      return dateJudge;
    case 'time':
      return timeJudge(column);
    case 'datetime':
      return datetimeJudge(column);
    case 'uuid':
      return uuidJudge;
    case 'json':
      return column.makesNumbers ? both(jsonJudge, jsonNumberJudge) : jsonJudge;
    case 'binary':
      return binaryJudge(column);
    case 'text':
      return column.makesNumbers ? both(textJudge(column), textNumberJudge) : textJudge(column);
  }
}

/** As many digits as a text may have: no number of the database has to hold them. */
const ANY_INTEGER = 10n ** 4096n;

/** Of what a column of another kind would take, whatever its limits. */
function meantJudge(column: Column, kind: ColumnKind): BytesJudge {
  const { name, sqlType, nullable, default: otherwise, generated, identity } = column;
  const plain = { name, sqlType, nullable, default: otherwise, generated, identity, kind, withZone: true };
  const limits = { minimum: -ANY_INTEGER, maximum: ANY_INTEGER };
  return ofKind(kind === 'integer' ? { ...plain, ...limits } : plain) ?? (() => null);
}
