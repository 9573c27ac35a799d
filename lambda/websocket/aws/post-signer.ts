import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { Sha256 } from '@smithy/core/checksum';
import { escapeUri } from '@smithy/core/protocols';
import { createScope, getSigningKey, type SignatureV4 } from '@smithy/signature-v4';

type SignerOptions = ConstructorParameters<typeof SignatureV4>[0];
type Credentials = Extract<SignerOptions['credentials'], { readonly accessKeyId: string }>;

export interface PostSignerOptions {
  /** The management endpoint of the API's stage, `https://…/<stage>`. */
  readonly endpoint: URL;
  readonly region: SignerOptions['region'];
  /**
   * A provider is called once a second while there are posts, so it must cache the credentials, as the SDK's
   * providers do.
   */
  readonly credentials: Credentials | ((options?: { readonly forceRefresh?: boolean }) => Promise<Credentials>);
}

export interface SignedPost {
  readonly path: string;
  /** Names and values, alternating. */
  readonly headers: string[];
  readonly body: Buffer;
  /** The access key that signed it. */
  readonly accessKeyId: string;
}

const SERVICE = 'execute-api';

/** Events in one invocation: a batch from the queue has 10. */
const MAX_FRAMES = 16;

interface Frame {
  readonly body: Buffer;
  readonly sha256: string;
}

/** What is the same for all posts of one second. */
interface SigningContext {
  readonly accessKeyId: string;
  readonly key: KeyObject;
  /** Header lines of the canonical request, and everything after them up to the body's hash. */
  readonly canonicalHeaders: string;
  /** The string to sign, up to the hash of the canonical request. */
  readonly stringToSign: string;
  /** The authorization header, up to the signature. */
  readonly authorization: string;
  /** All other headers. */
  readonly headers: readonly string[];
}

/**
 * Signature version 4 for `PostToConnection`. The result equals that of `SignatureV4` in
 * `@smithy/signature-v4`, whose key derivation it uses. That class signs any request and starts over with
 * each. Here the key, the headers and the hash of the frame are shared by all posts of an event, and only
 * path and signature are computed for each.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export class PostSigner {
  readonly #host: string;
  readonly #basePath: string;
  readonly #canonicalBasePath: string;
  readonly #region: () => Promise<string>;
  readonly #credentials: (options: { readonly forceRefresh: boolean }) => Promise<Credentials>;
  readonly #frames = new Map<string, Frame>();
  #context: Promise<SigningContext> | undefined;
  #contextSecond = 0;
  /** The access key in use; undefined while the credentials are being renewed. */
  #accessKeyId: string | undefined;
  #renew = false;

  constructor({ endpoint, region, credentials }: PostSignerOptions) {
    this.#host = endpoint.host;
    this.#basePath = `${endpoint.pathname.replace(/\/$/, '')}/@connections/`;
    this.#canonicalBasePath = this.#basePath.split('/').map(escapeUri).join('/');
    this.#region = typeof region === 'string' ? async () => region : region;
    this.#credentials = typeof credentials === 'function' ? credentials : async () => credentials;
  }

  /** Rejects with the provider's error if there are no credentials. */
  async sign(connectionId: string, frame: string, nowMs: number): Promise<SignedPost> {
    const context = await this.#contextOf(Math.floor(nowMs / 1_000));
    const { body, sha256 } = this.#frameOf(frame);
    const segment = escapeUri(connectionId);
    // Every service except S3 signs the path with one more level of encoding than is sent.
    const canonicalRequest = `POST\n${this.#canonicalBasePath}${escapeUri(segment)}\n\n${context.canonicalHeaders}${sha256}`;
    const signature = createHmac('sha256', context.key)
      .update(context.stringToSign + hash('sha256', canonicalRequest))
      .digest('hex');
    return {
      path: this.#basePath + segment,
      headers: [...context.headers, 'authorization', context.authorization + signature],
      body,
      accessKeyId: context.accessKeyId,
    };
  }

  /**
   * Asks the provider for new credentials even if the current ones claim to be valid, because the service
   * called them expired. Does nothing if they were replaced already: all posts in flight get the same
   * response.
   */
  renewCredentials({ accessKeyId }: SignedPost): void {
    if (this.#accessKeyId !== accessKeyId) return;
    this.#accessKeyId = undefined;
    this.#renew = true;
    this.#context = undefined;
  }

  #contextOf(second: number): Promise<SigningContext> {
    if (this.#context === undefined || this.#contextSecond !== second) {
      this.#context = this.#createContext(new Date(second * 1_000).toISOString().replace(/[-:]|\.\d+/g, ''));
      this.#contextSecond = second;
    }
    return this.#context;
  }

  async #createContext(date: string): Promise<SigningContext> {
    const forceRefresh = this.#renew;
    this.#renew = false;
    const [region, credentials] = await Promise.all([this.#region(), this.#credentials({ forceRefresh })]);
    const { accessKeyId, sessionToken } = credentials;
    this.#accessKeyId = accessKeyId;
    const day = date.slice(0, 8);
    const scope = createScope(day, region, SERVICE);
    const headers = ['host', this.#host, 'x-amz-date', date, ...(sessionToken ? ['x-amz-security-token', sessionToken] : [])];
    const names = headers.filter((_, index) => index % 2 === 0);
    const lines = names.map((name, index) => `${name}:${headers[2 * index + 1]}\n`);
    const signedHeaders = names.join(';');
    return {
      accessKeyId,
      key: createSecretKey(await getSigningKey(Sha256, credentials, day, region, SERVICE)),
      canonicalHeaders: `${lines.join('')}\n${signedHeaders}\n`,
      stringToSign: `AWS4-HMAC-SHA256\n${date}\n${scope}\n`,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=`,
      headers,
    };
  }

  #frameOf(text: string): Frame {
    const known = this.#frames.get(text);
    if (known !== undefined) return known;
    const body = Buffer.from(text);
    const frame = { body, sha256: hash('sha256', body) };
    const [oldest] = this.#frames.keys();
    if (oldest !== undefined && this.#frames.size >= MAX_FRAMES) this.#frames.delete(oldest);
    this.#frames.set(text, frame);
    return frame;
  }
}
