/** A process that writes entries, and says on stdout how many are committed. */
import { openAuditOf, restored } from './audit-fixture.ts';

const [url = '', name = '', count = '1'] = process.argv.slice(2);
const audit = await openAuditOf(url);
for (let i = 1; i <= Number(count); i++) {
  await audit.write(restored(`${name}${i}`));
  process.stdout.write(`${i}\n`);
}
await audit.close();
