import { shortRunOf } from './harness/short-run.ts';

await shortRunOf('mysql');
