/** Column and values: the edges of each type, and NULL. */
const TYPES: ReadonlyArray<readonly [string, string, ...string[]]> = [
  ['tiny', 'TINYINT', '-128', '0', '127'],
  ['tinyu', 'TINYINT UNSIGNED', '0', '255'],
  ['bool', 'BOOLEAN', 'TRUE', 'FALSE', '2'],
  ['small', 'SMALLINT', '-32768', '32767'],
  ['medium', 'MEDIUMINT UNSIGNED', '0', '16777215'],
  ['i', 'INT', '-2147483648', '2147483647'],
  ['iu', 'INT UNSIGNED ZEROFILL', '0', '4294967295'],
  ['big', 'BIGINT', '-9223372036854775808', '9223372036854775807', '-1', '4294967296', '999999999999999'],
  ['bigu', 'BIGINT UNSIGNED', '0', '18446744073709551615', '9223372036854775808'],
  ['bit1', 'BIT', "b'0'", "b'1'"],
  ['bit64', 'BIT(64)', '0', '18446744073709551615', "b'1010'"],
  ['dec', 'DECIMAL(10,2)', '-99999999.99', '99999999.99', '-0.01', '0'],
  ['dec15', 'DECIMAL(15,0) UNSIGNED', '0', '999999999999999'],
  ['dec38', 'DECIMAL(38,10)', '-9999999999999999999999999999.9999999999', '0.0000000001'],
  ['dec65', 'DECIMAL(65,30)', "REPEAT('9', 35)", "'-0.000000000000000000000000000001'"],
  ['f', 'FLOAT', '1.1', '-3.4028234e38', '1.17549435e-38', '0.333333333', '16777217'],
  ['f2', 'FLOAT(7,2)', '12345.67', '-0.05'],
  ['d', 'DOUBLE', '1.7976931348623157e308', '-2.2250738585072014e-308', '0.1', '1e16', '9007199254740993'],
  ['d2', 'DOUBLE(12,3)', '0.1', '-123456789.123'],
  ['day', 'DATE', "'0001-01-01'", "'9999-12-31'", "'1969-12-31'", "'2000-02-29'"],
  ['t', 'TIME(6)', "'00:00:00'", "'23:59:59.999999'", "'12:34:56.5'"],
  [
    'dt',
    'DATETIME(6)',
    "'0001-01-01 00:00:00'",
    "'9999-12-31 23:59:59.999999'",
    "'1969-12-31 23:59:59.000001'",
  ],
  ['ts', 'TIMESTAMP(6) NULL', "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.999999'"],
  ['y', 'YEAR', '1901', '2155', '0'],
  ['c', 'CHAR(10)', "''", "'ab '", "' Zoë 😀'"],
  ['l1', 'VARCHAR(20) CHARACTER SET latin1', "'café €'", "_latin1 x'8dff'"],
  ['u16', 'VARCHAR(20) CHARACTER SET utf16', "'Zoë 😀'"],
  [
    'txt',
    'LONGTEXT',
    "'\\\\N'",
    "'a\\tb\\nc\\rd\\\\e\\'f\"g\\0h'",
    "REPEAT('é\\t', 40000)",
    "CONVERT(x'efbbbf41' USING utf8mb4)",
  ],
  ['bin', 'BINARY(3)', "x'00'", "x'ffff0a'"],
  ['vbin', 'VARBINARY(300)', "x''", "x'5c4e'", "x'090a0d5c0027'", "REPEAT(x'ff', 300)"],
  ['blb', 'LONGBLOB', "x''", "REPEAT(x'00ff', 70000)"],
  ['e', "ENUM('a', 'b''c', 'd\\\\e')", "'a'", '2', '3'],
  ['st', "SET('x', 'y', 'z')", "''", "'x,z'"],
  ['js', 'JSON', `'{"a": [1, "\\\\u00e9", null]}'`, "'1'"],
  ['p', 'POINT', 'POINT(1, -2.5)'],
  ['id128', 'UUID', "'123e4567-e89b-12d3-a456-426655440000'"],
  ['ip', 'INET6', "'::1'", "'ffff::ffff'"],
  ['odd `name"', 'INT', '7'],
];

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A table `t` with a row for each of these values, and one without any. */
export const ALL_TYPES = `SET sql_mode = '';
  CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, ${TYPES.map(([name, type]) => `${quoted(name)} ${type}`).join(', ')},
    twice BIGINT AS (i * 2), loud VARCHAR(30) AS (concat(l1, '!')) STORED);
  INSERT INTO t () VALUES ();
  ${TYPES.flatMap(([name, , ...values]) => values.map((value) => `INSERT INTO t (${quoted(name)}) VALUES (${value});`)).join('\n')}`;

export const VALUES = TYPES.reduce((sum, [, , ...values]) => sum + values.length, 0);
