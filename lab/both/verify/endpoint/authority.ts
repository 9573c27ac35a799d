import { generate } from 'selfsigned';
import type { Certificate } from '../../../../packages/assembly-local/certificate.ts';
import { LOOPBACK } from '../../../../packages/assembly-local/loopback.ts';

export interface SignedCertificate {
  /** PEM of the authority that has signed it, which nobody trusts unless told to. */
  readonly authority: string;
  /** For this machine. */
  readonly certificate: Certificate;
}

/** An authority of its own for every run, and a certificate that it has signed. */
export async function makeSignedCertificate(): Promise<SignedCertificate> {
  const common = { keyType: 'ec', algorithm: 'sha256', notAfterDate: new Date(Date.now() + 86_400_000) } as const;
  const authority = await generate([{ name: 'commonName', value: 'Authority of a test' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: LOOPBACK },
        ],
      },
    ],
  });
  return { authority: authority.cert, certificate: { key, cert } };
}
