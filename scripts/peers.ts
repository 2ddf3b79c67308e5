/**
 * The programs the tests compare rowferry with. They must be there: a peer that is missing is a failure, not a
 * skipped test. On Debian as root the missing packages are installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { findProgram, onPath } from './servers/program.ts';

interface Peer {
  readonly name: string;
  /** The Debian package. */
  readonly packageName: string;
  readonly present: () => boolean;
}

const PEERS: readonly Peer[] = [
  { name: 'avrocat', packageName: 'avro-bin', present: () => onPath('avrocat') },
  {
    // Another Python may come first on PATH; Debian's packages belong to this one.
    name: 'avro for /usr/bin/python3',
    packageName: 'python3-avro',
    present: () => succeeds('/usr/bin/python3', ['-c', 'import avro.datafile']),
  },
  {
    name: 'cryptography for /usr/bin/python3',
    packageName: 'python3-cryptography',
    present: () => succeeds('/usr/bin/python3', ['-c', 'import cryptography.hazmat.primitives.ciphers.aead']),
  },
  { name: 'openssl', packageName: 'openssl', present: () => onPath('openssl') },
  { name: 'age', packageName: 'age', present: () => onPath('age') && onPath('age-keygen') },
  { name: 'cc', packageName: 'build-essential', present: () => onPath('cc') },
  { name: 'zstd', packageName: 'zstd', present: () => onPath('zstd') },
  { name: 'sqlite3', packageName: 'sqlite3', present: () => onPath('sqlite3') },
  { name: 'PostgreSQL', packageName: 'postgresql', present: () => all('initdb', 'postgres', 'psql') },
  {
    name: 'MariaDB',
    packageName: 'mariadb-server',
    present: () => all('mariadb-install-db', 'mariadbd', 'mariadb'),
  },
  { name: 'chromium', packageName: 'chromium', present: () => findBrowser() !== null },
];

const APT_LOCK_SECONDS = 120;

/** Installs what is missing where that is possible. Returns what is missing still, and what to type; null: nothing. */
export function ensurePeers(say: (line: string) => void): string | null {
  const missing = PEERS.filter((peer) => !peer.present());
  if (missing.length === 0) return null;
  const packages = missing.map((peer) => peer.packageName);
  if (canInstall()) {
    say(`installing ${packages.join(', ')}`);
    const install = ['install', '--yes', '--no-install-recommends', ...packages];
    const failure = aptGet(['update']) ?? withoutServices(() => aptGet(install));
    if (failure !== null) say(failure);
  }
  const still = missing.filter((peer) => !peer.present());
  return still.length === 0 ? null : instructions(still);
}

function instructions(missing: readonly Peer[]): string {
  const names = missing.map((peer) => peer.name).join(', ');
  const packages = missing.map((peer) => peer.packageName).join(' ');
  return [
    `not found: ${names}. The tests compare rowferry with these programs; none is skipped.`,
    `On Debian or Ubuntu type: sudo apt-get install ${packages}`,
    'Elsewhere install Chromium or Chrome (on the PATH), the SQLite shell, OpenSSL 3, age, PostgreSQL, MariaDB, Avro C (avrocat), and the Python packages avro and cryptography for /usr/bin/python3.',
  ].join('\n');
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && onPath('apt-get');
}

/** Debian starts a service with its package unless this file says no; the tests start servers of their own. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

function withoutServices<T>(work: () => T): T {
  if (existsSync(SERVICE_POLICY)) return work();
  writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    rmSync(SERVICE_POLICY);
  }
}

/** Null when it went well, else the last lines of what apt-get said. */
function aptGet(parameters: readonly string[]): string | null {
  const { status, stdout, stderr } = spawnSync(
    'apt-get',
    ['-o', `DPkg::Lock::Timeout=${APT_LOCK_SECONDS}`, ...parameters],
    { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } },
  );
  if (status === 0) return null;
  return `apt-get ${parameters[0]} failed:\n${`${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n')}`;
}

const all = (...programs: readonly string[]): boolean =>
  programs.every((program) => findProgram(program) !== null);

/** Path of a Chromium or Chrome; null: there is none. */
export function findBrowser(): string | null {
  return findProgram('chromium', 'chromium-browser', 'google-chrome');
}

function succeeds(program: string, parameters: readonly string[]): boolean {
  return spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;
}
