import { shortRunOf } from './harness/short-run.ts';

shortRunOf('mysql');
