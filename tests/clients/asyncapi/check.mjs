// Reads an AsyncAPI document as any tool would: prints what is wrong with it, and one line of counts.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'));
for (const { severity, code, message, path } of diagnostics) {
  console.error(`${['error', 'warning', 'information', 'hint'][severity]} ${code} ${path.join('.')}: ${message}`);
}
if (document) {
  const counts = ['channels', 'operations', 'messages'].map((kind) => [kind, document[kind]().all().length]);
  console.log(JSON.stringify({ version: document.version(), ...Object.fromEntries(counts) }));
}
process.exitCode = diagnostics.some(({ severity }) => severity < 2) || !document ? 1 : 0;
