/** Tools that people use besides the engines' own. Those that are installed are measured, once each: they are slow. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Dataset, EngineName } from './datasets.ts';
import type { Command } from './measure.ts';

export interface OtherTool {
  readonly name: string;
  readonly engine: EngineName;
  /** `file` has the names of the columns in its first record. */
  command(url: string, dataset: Dataset, file: string): Command;
}

const COLUMNS = ['id', 'name', 'datetime', 'department_id', 'job_id'];
/** The tools that read a header are given one. */
export const HEADER = `${COLUMNS.join(',')}\n`;

const TOOLS: readonly OtherTool[] = [
  {
    name: 'pgloader',
    engine: 'postgres',
    command(url, { table }, file) {
      const script = `${file}.load`;
      writeFileSync(
        script,
        `LOAD CSV FROM '${file}' (${COLUMNS.join(', ')}) INTO ${url.replace('postgres:', 'postgresql:')}
         TARGET TABLE public.${table} (${COLUMNS.join(', ')})
         WITH skip header = 1, fields terminated by ',', fields optionally enclosed by '"';\n`,
      );
      return { program: 'pgloader', parameters: ['--on-error-stop', script] };
    },
  },
  {
    name: 'csvsql',
    engine: 'postgres',
    command: (url, { table }, file) => csvsql(url.replace('postgres:', 'postgresql:'), table, file),
  },
  {
    name: 'csvsql',
    engine: 'sqlite',
    command: (url, { table }, file) => csvsql(url.replace('sqlite:', 'sqlite:///'), table, file),
  },
  {
    name: 'sqlite-utils',
    engine: 'sqlite',
    command: (url, { table }, file) => ({
      program: 'sqlite-utils',
      parameters: ['insert', url.slice('sqlite:'.length), table, file, '--csv'],
    }),
  },
];

export function otherTools(engine: EngineName): OtherTool[] {
  return TOOLS.filter((tool) => tool.engine === engine && isInstalled(tool.name));
}

function csvsql(url: string, table: string, file: string): Command {
  const names = ['--db', url, '--tables', table];
  return { program: 'csvsql', parameters: [...names, '--insert', '--no-create', '--no-inference', file] };
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
