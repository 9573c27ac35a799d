/** Puts TLS before a port of this machine: `node tls-program.ts <port> <key file> <certificate file>`. Prints its own port; ends with its standard input. */
import { readFileSync } from 'node:fs';
import { startTlsTerminator } from '../../compare/tls-terminator.ts';

const [, , port = '', key = '', cert = ''] = process.argv;
const terminator = await startTlsTerminator(Number(port), { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') });
console.log(terminator.port);
process.stdin.resume();
process.stdin.once('end', () => void terminator.close());
