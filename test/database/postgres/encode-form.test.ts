import { cidrs, hardwareAddresses, inets } from '../../property/network-values.ts';
import { durations, namedDuration } from '../../property/time-values.ts';
import { type Kind, spellingTests } from './spellings.ts';

const KINDS: readonly Kind[] = [
  {
    type: 'inet',
    values: inets,
    read: [
      '1.2.3.4',
      '10.0.0.1/8',
      '0.0.0.0/0',
      '::',
      '::1/128',
      '1::',
      '1:2:3:4:5:6:7::',
      '::2:3:4:5:6:7:8',
    ].concat(['::ffff:1.2.3.4', '1:2:3:4:5:6:7.8.9.10/96', '2001:DB8::a', 'fe80::0001']),
    unread: [
      '',
      '10.1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.4/33',
      '1.2.3.4/',
      '1.2.3.4/08',
    ]
      .concat([
        '::/129',
        ':::',
        '1::2::3',
        '1:2:3:4:5:6:7',
        '1:2:3:4:5:6:7:8:9',
        '1:2:3:4:5:6:7:8::',
        ':1',
        '1:',
      ])
      .concat(['::12345', '1.2.3.4::', '::1.2.3', '1:2:3:4:5:6:7:1.2.3.4', '::1%eth0', ' ::1', '::g', '/8']),
  },
  {
    type: 'cidr',
    values: cidrs,
    read: [
      '10.0.0.0/8',
      '1.2.3.4',
      '224.0.0.0',
      '0.0.0.0/0',
      '1.2.3.4/31',
      '::/0',
      '1::/16',
      '::1',
      '8000::/1',
    ],
    unread: ['10.0.0.1/8', '10', '10.1/16', '1.2.3.6/30', '1.2.3.5/31', '::1/127', '4000::/1', '1::1/64'],
  },
  {
    type: 'macaddr',
    values: hardwareAddresses,
    read: ['08:00:2b:01:02:03', '08-00-2B-01-02-03', 'FF:ff:Ff:00:00:00'],
    unread: [
      '08:00-2b:01:02:03',
      '08002b:010203',
      '0800.2b01.0203',
      '08:00:2b:01:02',
      '08:00:2b:01:02:0g',
      '',
    ].concat(['08:00:2b:01:02:03:04:05', '08:00:2b:01:02:03 ']),
  },
  {
    type: 'interval',
    values: {
      valid: (random) => (random.oneIn(2) ? durations(6).valid(random) : namedDuration(random)),
      edges: durations(6).edges,
    },
    read: [
      'P1Y2M3DT4H5M6.789S',
      'PT0S',
      'PT-0.5S',
      'P-1M',
      'PT36H',
      'P400D',
      'P1YT-1H',
      '1 year 2 mons 3 days 04:05:06.789',
    ]
      .concat([
        '00:00:00',
        '1:02:03',
        '-1:02:03.123456',
        '-00:00:00.5',
        '100:00:00',
        '+1 day',
        '-1 years +2 mons -3 days',
      ])
      .concat(['1 mon -00:00:01', '2 months', '178956970 years', '999999999 days', '1 day +01:00:00']),
    unread: [
      '',
      'P',
      'PT',
      'P1',
      'P1DT',
      'P1W',
      'P1.5D',
      'PT1.5H',
      'PT1.1234567S',
      'PT1.S',
      'PT.5S',
      'p1d',
      'P+1D',
      'PT+1H',
      'P1D1Y',
      'P1Y1Y',
    ]
      .concat([
        '1',
        '5 years ago',
        '@ 1 day',
        '1.5 days',
        '1 week',
        '1 day 02:00',
        '02:00',
        '1:2:3',
        '00:60:00',
        '00:00:60',
      ])
      .concat([
        '1  day',
        '1 day ',
        ' 1 day',
        '1 DAY',
        '1 day 2 years',
        '1 day 1 day',
        '1day',
        '- 1 day',
        '1 year-1 day',
      ])
      .concat([
        '178956971 years',
        '1000000000 days',
        '9999999:00:00',
        '00:00:00 1 day',
        '1 d',
        'P0001-02-03T04:05:06',
        '--1 day',
      ]),
  },
];

spellingTests(KINDS);
