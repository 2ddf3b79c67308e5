/** A process to be killed: loads one file, all or nothing, and says on stdout how far it is. */
import { announcementOf, openIngestOf, records, sendParts } from './atomic-fixture.ts';

const [home = '', from = '1', count = '1'] = process.argv.slice(2);
const content = records(Number(count), undefined, Number(from));
const ingest = await openIngestOf(home);
process.stdout.write('open\n');
ingest.watch((load) => process.stdout.write(`${load.state} ${load.offset}\n`));
const { load } = await ingest.announce(announcementOf(content, { name: from }));
const how = { stopAt: Number.POSITIVE_INFINITY, ends: true, partBytes: 4000 };
const sent = load.offset < load.size ? await sendParts(ingest, load, content, how) : load;
if (sent.state === 'receiving') await ingest.finish(load.id);
await ingest.close();
