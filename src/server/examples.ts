import { createHash } from 'node:crypto';
import { type TSchema, Type } from 'typebox';

/** The example bodies of /openapi.json, for the tables of examples/hr. A test sends them. */

const ROW_OBJECTS = [
  { id: 900001, name: 'Ada Reyes', datetime: '2021-07-27T16:02:08Z', department_id: 1, job_id: 1 },
  { id: 900002, name: 'Ben Okafor', datetime: '2021-07-28T09:30:00Z', department_id: 2, job_id: 2 },
];

const FIELDS = ['id', 'name', 'datetime', 'department_id', 'job_id'] as const;
const cells = (row: (typeof ROW_OBJECTS)[number]) => FIELDS.map((field) => row[field]);

const ROWS_CSV = [FIELDS, ...ROW_OBJECTS.map(cells)].map((record) => `${record.join(',')}\n`).join('');
const ROWS_NDJSON = ROW_OBJECTS.map((row) => `${JSON.stringify(row)}\n`).join('');

const value = Type.Union([Type.Null(), Type.Boolean(), Type.Number(), Type.String()]);
const row = Type.Record(Type.String(), value);
const rows = Type.Array(row);
const RowsJson = Type.Union([
  rows,
  Type.Object({ columns: Type.Array(Type.String()), rows: Type.Array(Type.Array(value)) }),
]);

type Requests = Readonly<Record<string, { readonly schema: TSchema; readonly example: unknown }>>;

export const ROWS_REQUEST: Requests = {
  'application/json': { schema: RowsJson, example: ROW_OBJECTS },
  'application/x-ndjson': { schema: Type.String(), example: ROWS_NDJSON },
  'text/csv': { schema: Type.String(), example: ROWS_CSV },
};

export const MULTI_REQUEST: Requests = {
  'application/json': {
    schema: Type.Record(Type.String(), rows),
    example: {
      departments: [{ id: 901, department: 'Archives' }],
      jobs: [{ id: 901, job: 'Archivist' }],
      hired_employees: [
        { id: 900003, name: 'Cleo Marsh', datetime: '2021-11-07T02:48:42Z', department_id: 901, job_id: 901 },
      ],
    },
  },
};

/** The whole file that the announcement announces, in one part. */
export const PART_CSV =
  '900004,Dora Lind,2021-01-02T03:04:05Z,1,1\n900005,Emil Novak,2021-01-03T03:04:05Z,2,1\n';

export const ANNOUNCEMENT = {
  table: 'hired_employees',
  name: 'hired_employees.csv',
  size: Buffer.byteLength(PART_CSV),
  sha256: createHash('sha256').update(PART_CSV).digest('hex'),
};
