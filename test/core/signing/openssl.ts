/** Keys and a signature that OpenSSL 3.0 made for these tests: `openssl genpkey`, `openssl pkeyutl -sign -rawin`. */

export const pem = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIBmtHSHli3Y2ksIxfFeC0EEfb7cx9jWQzW+W+1pQNPt1
-----END PRIVATE KEY-----
`;

export const publicKeyOfPem = 'ed25519:aRn2bW0X9gdM5KIY3qCnGsnYNdgwWdw2YCi+4TUUhW4=';

/** Of `pipeline-shared-record-1`, a line feed, and the canonical text of this value. */
export const signedByOpenssl = {
  value: { tool: '0.1.0', outputs: { model: { size: 3, digest: 'cd' } }, key: 'ab' },
  signature: {
    key: publicKeyOfPem,
    value: 'TKPpaBPGTVvHKjRjssvMwnU6GLxxHFxIhmULXd/2ufS05g6mMPy+ihrrJTZ18g4AlrlG4ALMTNWP/QGQWpI9Dg==',
  },
};

/** With a passphrase. */
export const encryptedPem = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAikB6k6E0gAbwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDXxSeCfc3XUI5Ta4rhIOAgEQI0T
4GscNJRZ3ALolT2mYDtaUEsci9AJN9W/xIRdF7FNeMg6L3MDa8E5l4f1UZNU49sp
/z+VHiTKkGZo3BL/ILE=
-----END ENCRYPTED PRIVATE KEY-----
`;

/** X25519, and ECDSA on P-256. */
export const otherKinds = [
  `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEIBBw5C7/dhXzdxpdf7ljpjZFyhJH2WBq26eYWkfDUCFt
-----END PRIVATE KEY-----
`,
  `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIDN0/IpYugI0Pcik/4WhnQ50mmZ7JuxskZzCrsaaKZgaoAoGCCqGSM49
AwEHoUQDQgAEcnKuhn2vSbhSQGE2scGiALQnjPmZaNd101Bz1s1cCCdmrDkJluad
zJMOnhifJpsk0ImLupBc62hTyQM/loHX0w==
-----END EC PRIVATE KEY-----
`,
];
