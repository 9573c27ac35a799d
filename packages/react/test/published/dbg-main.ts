import { openInBrowser } from './open-in-browser.ts';
await openInBrowser('/tmp/w/react/app/dist', '/tmp/w/react/cdk', new AbortController().signal).then(() => console.log('passed'), (e) => console.log(String(e)));
process.exit();
