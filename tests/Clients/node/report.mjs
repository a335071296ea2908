// A line of JSON for each test: what tests/Clients reads.
import { inspect } from 'node:util';

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const failure = type === 'test:pass' ? null : inspect(data.details.error.cause ?? data.details.error, { depth: 6 });
    yield JSON.stringify({ name: data.name, failure }) + '\n';
  }
}
