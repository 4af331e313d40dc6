#ifndef COPENSSL_KEYS_H
#define COPENSSL_KEYS_H

#include "COpenSSLTLS.h"

/// The keys of an established session, for a kernel that encrypts and decrypts its records.

typedef enum copenssl_record_cipher {
    copenssl_aes_128_gcm = 1,
    copenssl_aes_256_gcm = 2,
    copenssl_chacha20_poly1305 = 3,
} copenssl_record_cipher;

/// What protects the next record of one direction. Secret: to be cleared right after use.
typedef struct copenssl_record_keys {
    /// 0x0303 or 0x0304.
    int version;
    copenssl_record_cipher cipher;
    /// 16 or 32 bytes.
    uint8_t key[32];
    /// As RFC 8446 §5.3 and RFC 7905 §2 use it. With GCM of TLS 1.2 the first four bytes are the
    /// salt, and the others the next record's explicit nonce (RFC 5288 §3).
    uint8_t vector[12];
    uint64_t sequence;
} copenssl_record_keys;

void copenssl_record_keys_clear(copenssl_record_keys *keys);

typedef enum copenssl_readiness {
    copenssl_keys_ready = 0,
    /// A record is under way, or OpenSSL holds some of it.
    copenssl_keys_not_yet = 1,
    /// The session, or what it was made with, does not allow it.
    copenssl_keys_never = 2,
} copenssl_readiness;

/// The keys of what is written, or of what is read, by a connection whose context exports keys.
copenssl_readiness copenssl_tls_record_keys(const copenssl_tls *tls, bool is_written,
                                            copenssl_record_keys *keys);
/// How many bytes of the peer's current record are still to be given, as far as is known; 0 between
/// two records.
size_t copenssl_tls_missing_count(const copenssl_tls *tls);
/// Clears what keys are derived from: no more will be needed.
void copenssl_tls_forget_secrets(copenssl_tls *tls);

/// HKDF-Expand-Label with an empty context (RFC 8446 §7.1).
///
/// - hash_count: 32 for SHA-256, 48 for SHA-384; the length of `secret` too.
int copenssl_expand_label(const uint8_t *secret, size_t hash_count, const char *label,
                          uint8_t *output, size_t count);
/// The pseudorandom function of TLS 1.2 (RFC 5246 §5), whose seed includes the label.
int copenssl_pseudorandom(const uint8_t *secret, size_t secret_count, size_t hash_count,
                          const uint8_t *seed, size_t seed_count, uint8_t *output, size_t count);

#endif
