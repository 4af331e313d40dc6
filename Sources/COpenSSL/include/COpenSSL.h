#ifndef COPENSSL_H
#define COPENSSL_H

#include <stddef.h>
#include <stdint.h>

#include "COpenSSLKeys.h"
#include "COpenSSLTLS.h"

/// Digests and encryption of OpenSSL's libcrypto, for logins to MySQL servers.
/// Every function returns 0 or a count on success, -1 on failure, and keeps nothing.

/// SHA-1 (FIPS 180-4) of `count` bytes into the 20 at `digest`.
int copenssl_sha1(const uint8_t *bytes, size_t count, uint8_t *digest);
/// SHA-256 (FIPS 180-4) of `count` bytes into the 32 at `digest`.
int copenssl_sha256(const uint8_t *bytes, size_t count, uint8_t *digest);
/// Encrypts `count` bytes by RSAES-OAEP with SHA-1 (RFC 8017 §7.1) for the holder of the public key
/// in `pem`, into at most `capacity` bytes at `output`. Returns how many.
int64_t copenssl_rsa_oaep(const uint8_t *pem, size_t pem_count, const uint8_t *bytes, size_t count,
                          uint8_t *output, size_t capacity);
/// Makes an RSA key of `bits` bits. Writes its private half (PKCS #8, DER) into at most `capacity` bytes
/// at `output`. Returns how many.
int64_t copenssl_rsa_generate(uint32_t bits, uint8_t *output, size_t capacity);
/// Writes the public half of the private key in `der` (SubjectPublicKeyInfo, PEM) into at most
/// `capacity` bytes at `output`. Returns how many.
int64_t copenssl_rsa_public_pem(const uint8_t *der, size_t der_count, uint8_t *output,
                                size_t capacity);
/// Decrypts what was encrypted for the holder of the private key in `der`, by RSAES-OAEP with SHA-1,
/// into at most `capacity` bytes at `output`: as many as the key has. Returns how many it was.
int64_t copenssl_rsa_oaep_decrypt(const uint8_t *der, size_t der_count, const uint8_t *bytes,
                                  size_t count, uint8_t *output, size_t capacity);

/// Fills `count` bytes with random ones, for a key.
int copenssl_random(uint8_t *output, size_t count);
/// Encrypts and authenticates `count` bytes with the 32 bytes at `key` by AES-256-GCM (NIST SP 800-38D)
/// under a random nonce. Writes nonce, content and tag to `output`: 28 bytes more than `count`. Returns
/// how many it was.
int64_t copenssl_seal(const uint8_t *key, const uint8_t *bytes, size_t count, uint8_t *output);
/// Decrypts what `copenssl_seal` has written with the same key, into at most `count` bytes at `output`.
/// Returns how many it was; -1 for anything else, of which nothing is written.
int64_t copenssl_unseal(const uint8_t *key, const uint8_t *bytes, size_t count, uint8_t *output);

#endif
