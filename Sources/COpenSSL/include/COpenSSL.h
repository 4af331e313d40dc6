#ifndef COPENSSL_H
#define COPENSSL_H

#include <stddef.h>
#include <stdint.h>

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

#endif
