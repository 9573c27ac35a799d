import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../command-line/command.ts';

/** What `npm run init` asks: the option for it, its description in `--help`, and what it accepts. */
const QUESTIONS = {
  name: [
    'of the package; stack names begin with it',
    /^(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    '1 to 20 characters, such as order-feed',
  ],
  lanes: ['what to deploy', /^(websocket|sse|both)$/, 'websocket, sse or both'],
  edge: ['what stands in front', /^(alb|cloudfront)$/, 'alb (a domain and a certificate of your own) or cloudfront (neither is needed)'],
  region: ['of the stages', /^[a-z]{2}(-[a-z]+)+-\d$/, 'the name of an AWS Region, such as eu-central-1'],
  auth: ['whose tokens the lanes take', /^(cognito|issuer)$/, 'cognito (a user pool of its own) or issuer (an issuer that you have)'],
  issuer: ['URL of your issuer', /^https:\/\/\S+$/, 'a URL of https:'],
  audience: ['of its tokens', /\S/, 'the aud of the tokens, or their client_id'],
  jwks: ['where its keys are', /^https:\/\/\S+$/, 'a URL of https:'],
  clientId: ['its public client, with which the console signs users in', /\S/, 'a client id'],
} as const satisfies Readonly<Record<string, readonly [about: string, takes: RegExp, wanted: string]>>;

type Key = keyof typeof QUESTIONS;
export type Answers = Readonly<Partial<Record<Key, string>>>;

const optionOf = (key: Key): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const invalid = (key: Key, text: string): string => `${key}: ${JSON.stringify(text)} is not valid: ${QUESTIONS[key][2]}`;

function check(key: Key, text: string): string {
  if (QUESTIONS[key][1].test(text)) return text;
  throw new InvalidArgumentError(invalid(key, text));
}

/** Adds an option for each question. */
export function addQuestions(command: Command): Command {
  for (const [key, [about, , wanted]] of Object.entries(QUESTIONS) as [Key, (typeof QUESTIONS)[Key]][]) {
    command.addOption(new Option(`${optionOf(key)} <text>`, `${about}: ${wanted}`).argParser((text: string) => check(key, text)));
  }
  return command;
}

/** The questions that must be answered, in the order in which they are asked. */
function needed({ auth, issuer, lanes }: Answers): readonly Key[] {
  const own = (auth ?? (issuer === undefined ? undefined : 'issuer')) === 'issuer';
  const ofIssuer: readonly Key[] = own ? ['issuer', 'audience', 'jwks', ...(lanes === 'websocket' ? [] : (['clientId'] as const))] : [];
  return ['name', 'lanes', 'edge', 'region', ...(own ? [] : (['auth'] as const)), ...ofIssuer];
}

/**
 * Asks at the terminal for what no option has answered, and again for invalid answers. At Ctrl-C it answers undefined.
 * @throws UsageError if there is no terminal
 */
export async function askForRest(given: Answers, signal: AbortSignal): Promise<Answers | undefined> {
  const missing = () => needed(answers).filter((key) => answers[key] === undefined);
  let answers = given;
  if (missing().length === 0) return answers;
  if (!process.stdin.isTTY) throw new UsageError(`There is no terminal to ask at: give ${missing().map(optionOf).join(', ')}.`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    for (let [key] = missing(); key !== undefined; [key] = missing()) {
      const [about, takes, wanted] = QUESTIONS[key];
      const typed = await terminal.question(`${key}, ${about} (${wanted}): `, { signal }).catch(() => undefined);
      if (typed === undefined) return undefined;
      if (takes.test(typed.trim())) answers = { ...answers, [key]: typed.trim() };
      else console.log(invalid(key, typed.trim()));
    }
    return answers;
  } finally {
    terminal.close();
  }
}
