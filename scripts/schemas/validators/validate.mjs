/** Validates OpenAPI and AsyncAPI documents: node validate.mjs <file> … Ends with 1 if one of them is not valid. */
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Validator } from '@seriousme/openapi-schema-validator';

/** The parser's diagnostics have these severities, and two for advice. */
const ERROR = 0;
const WARNING = 1;

async function faultsOf(text) {
  const document = JSON.parse(text);
  if (document.openapi !== undefined) {
    const { errors = [] } = await new Validator().validate(document);
    return [errors].flat().map((error) => (typeof error === 'string' ? error : `${error.instancePath}: ${error.message}`));
  }
  const diagnostics = await new Parser().validate(text);
  return diagnostics
    .filter(({ severity }) => severity === ERROR || severity === WARNING)
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
}

for (const file of process.argv.slice(2)) {
  const faults = await faultsOf(readFileSync(file, 'utf8'));
  for (const fault of faults) console.error(`${file}: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`${file}: valid`);
}
