#include "Traffic.h"
#include "COpenSSLKeys.h"
#include "Connection.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <string.h>

enum {
    header_count = 5,
    /// The explicit nonce of GCM in TLS 1.2 follows the header (RFC 5288 §3).
    explicit_count = 8,
    longest_hash = 48,
    random_count = 32,
};

/// Where a stream of records is (RFC 8446 §5.1).
typedef struct framing {
    /// Of the current record; 0 between two.
    size_t seen;
    /// With the header; known when the header is.
    size_t total;
    /// The beginning of the current record, or of the last one.
    uint8_t head[header_count + explicit_count];
} framing;

/// In pairs, the first is of what is read, and the second of what is written.
struct copenssl_traffic {
    framing framing[2];
    /// Records under the session's final keys.
    uint64_t records[2];
    /// Whether a direction has changed its keys since the handshake (RFC 8446 §4.6.3).
    bool is_updated;
    /// Of TLS 1.3, the client's and the server's (RFC 8446 §7.1).
    uint8_t secrets[2][longest_hash];
    size_t secret_counts[2];
};

// MARK: - Records

static void advance(framing *framing, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        bool has_header = framing->seen >= header_count;
        size_t rest = (has_header ? framing->total : header_count) - framing->seen;
        size_t part = rest < count ? rest : count;
        if (framing->seen < sizeof framing->head) {
            size_t room = sizeof framing->head - framing->seen;
            memcpy(framing->head + framing->seen, bytes, part < room ? part : room);
        }
        framing->seen += part;
        bytes += part;
        count -= part;
        if (!has_header && framing->seen == header_count)
            framing->total = header_count + (size_t)(framing->head[3] << 8 | framing->head[4]);
        if (framing->seen >= header_count && framing->seen == framing->total) framing->seen = 0;
    }
}

void copenssl_traffic_pass(copenssl_traffic *traffic, int is_written, const void *bytes,
                           size_t count) {
    if (traffic != NULL) advance(&traffic->framing[is_written], bytes, count);
}

size_t copenssl_tls_missing_count(const copenssl_tls *tls) {
    if (tls->traffic == NULL) return 0;
    const framing *framing = &tls->traffic->framing[0];
    if (framing->seen == 0) return 0;
    return (framing->seen < header_count ? header_count : framing->total) - framing->seen;
}

/// SSL_set_msg_callback(3): counts records from the one that has changed the keys on, which is
/// Finished. Of TLS 1.2 it is itself under the new keys.
static void observe(int is_written, int version, int type, const void *bytes, size_t count,
                    SSL *ssl, void *argument) {
    (void)version;
    copenssl_tls *tls = argument;
    if (tls->traffic == NULL) return;
    is_written = is_written != 0;
    if (type == SSL3_RT_HEADER) tls->traffic->records[is_written]++;
    if (type != SSL3_RT_HANDSHAKE || count == 0) return;
    uint8_t message = *(const uint8_t *)bytes;
    if (message == SSL3_MT_FINISHED)
        tls->traffic->records[is_written] = SSL_version(ssl) == TLS1_3_VERSION ? 0 : 1;
    if (message == SSL3_MT_KEY_UPDATE) tls->traffic->is_updated = true;
}

// MARK: - Secrets

static int digit(char text) {
    if (text >= '0' && text <= '9') return text - '0';
    if (text >= 'a' && text <= 'f') return text - 'a' + 10;
    return -1;
}

/// Returns the count; 0 if it is not hexadecimal or too long.
static size_t read_digits(const char *text, uint8_t *output, size_t capacity) {
    size_t count = 0;
    for (; text[0] != 0; text += 2, count++) {
        int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
        if (low < 0 || count == capacity) return 0;
        output[count] = (uint8_t)(high << 4 | low);
    }
    return count;
}

/// SSL_CTX_set_keylog_callback(3): `LABEL random secret`, the latter two in hexadecimal.
static void keep_secret(const SSL *ssl, const char *line) {
    static const char *const labels[] = {"CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 "};
    copenssl_tls *tls = copenssl_tls_of(ssl);
    if (tls == NULL || tls->traffic == NULL) return;
    for (int owner = 0; owner < 2; owner++) {
        if (strncmp(line, labels[owner], strlen(labels[owner])) != 0) continue;
        const char *secret = strchr(line + strlen(labels[owner]), ' ');
        if (secret == NULL) return;
        tls->traffic->secret_counts[owner] =
            read_digits(secret + 1, tls->traffic->secrets[owner], longest_hash);
    }
}

void copenssl_traffic_export(SSL_CTX *ssl) { SSL_CTX_set_keylog_callback(ssl, keep_secret); }

bool copenssl_traffic_follow(copenssl_tls *tls) {
    if (SSL_CTX_get_keylog_callback(tls->context->ssl) == NULL) return true;
    tls->traffic = OPENSSL_zalloc(sizeof *tls->traffic);
    if (tls->traffic == NULL) return false;
    SSL_set_msg_callback(tls->ssl, observe);
    SSL_set_msg_callback_arg(tls->ssl, tls);
    return true;
}

void copenssl_tls_forget_secrets(copenssl_tls *tls) {
    if (tls->traffic == NULL) return;
    SSL_set_msg_callback(tls->ssl, NULL);
    OPENSSL_clear_free(tls->traffic, sizeof *tls->traffic);
    tls->traffic = NULL;
}

// MARK: - Derivation

static int derive(const char *name, const OSSL_PARAM *parameters, uint8_t *output, size_t count) {
    EVP_KDF *function = EVP_KDF_fetch(NULL, name, NULL);
    EVP_KDF_CTX *context = function == NULL ? NULL : EVP_KDF_CTX_new(function);
    int result = context != NULL && EVP_KDF_derive(context, output, count, parameters) == 1 ? 0 : -1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(function);
    return result;
}

static char *digest_name(size_t hash_count) { return hash_count == 48 ? "SHA384" : "SHA256"; }

int copenssl_expand_label(const uint8_t *secret, size_t hash_count, const char *label,
                          uint8_t *output, size_t count) {
    // struct { uint16 length; opaque label<7..255>; opaque context<0..255>; } HkdfLabel;
    static const char prefix[] = "tls13 ";
    size_t label_count = sizeof prefix - 1 + strlen(label);
    uint8_t info[2 + 1 + 255 + 1];
    if (label_count > 255 || count > UINT16_MAX) return -1;
    info[0] = (uint8_t)(count >> 8);
    info[1] = (uint8_t)count;
    info[2] = (uint8_t)label_count;
    memcpy(info + 3, prefix, sizeof prefix - 1);
    memcpy(info + 3 + sizeof prefix - 1, label, strlen(label));
    info[3 + label_count] = 0;
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name(hash_count), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, hash_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, 4 + label_count),
        OSSL_PARAM_construct_end(),
    };
    return derive("HKDF", parameters, output, count);
}

int copenssl_pseudorandom(const uint8_t *secret, size_t secret_count, size_t hash_count,
                          const uint8_t *seed, size_t seed_count, uint8_t *output, size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name(hash_count), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void *)secret, secret_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)seed, seed_count),
        OSSL_PARAM_construct_end(),
    };
    return derive("TLS1-PRF", parameters, output, count);
}

/// RFC 5246 §6.3: the client's key, the server's, the client's vector, the server's.
static int derive_tls12(const SSL *ssl, bool is_client, size_t hash_count, size_t key_count,
                        size_t vector_count, copenssl_record_keys *keys) {
    static const char label[] = "key expansion";
    uint8_t seed[sizeof label - 1 + 2 * random_count];
    memcpy(seed, label, sizeof label - 1);
    SSL_get_server_random(ssl, seed + sizeof label - 1, random_count);
    SSL_get_client_random(ssl, seed + sizeof label - 1 + random_count, random_count);
    uint8_t secret[SSL_MAX_MASTER_KEY_LENGTH];
    uint8_t block[2 * (sizeof keys->key + sizeof keys->vector)];
    size_t secret_count = SSL_SESSION_get_master_key(SSL_get_session(ssl), secret, sizeof secret);
    int result = copenssl_pseudorandom(secret, secret_count, hash_count, seed, sizeof seed, block,
                                       2 * (key_count + vector_count));
    memcpy(keys->key, block + (is_client ? 0 : key_count), key_count);
    memcpy(keys->vector, block + 2 * key_count + (is_client ? 0 : vector_count), vector_count);
    OPENSSL_cleanse(secret, sizeof secret);
    OPENSSL_cleanse(block, sizeof block);
    return result;
}

/// RFC 8446 §7.3.
static int derive_tls13(const copenssl_traffic *traffic, bool is_client, size_t hash_count,
                        size_t key_count, copenssl_record_keys *keys) {
    const uint8_t *secret = traffic->secrets[is_client ? 0 : 1];
    if (traffic->secret_counts[is_client ? 0 : 1] != hash_count) return -1;
    int result = copenssl_expand_label(secret, hash_count, "key", keys->key, key_count);
    if (result != 0) return result;
    return copenssl_expand_label(secret, hash_count, "iv", keys->vector, sizeof keys->vector);
}

/// The nonces of TLS 1.2 are counted on from the last one that was written under this key.
static void continue_nonces(const framing *framing, copenssl_record_keys *keys) {
    uint8_t *nonce = keys->vector + sizeof keys->vector - explicit_count;
    memcpy(nonce, framing->head + header_count, explicit_count);
    for (int index = explicit_count - 1; index >= 0 && ++nonce[index] == 0; index--) continue;
}

static size_t key_size(copenssl_record_cipher cipher) {
    return cipher == copenssl_aes_128_gcm ? 16 : 32;
}

static bool find_cipher(const SSL_CIPHER *cipher, copenssl_record_cipher *found) {
    switch (SSL_CIPHER_get_cipher_nid(cipher)) {
    case NID_aes_128_gcm: *found = copenssl_aes_128_gcm; return true;
    case NID_aes_256_gcm: *found = copenssl_aes_256_gcm; return true;
    case NID_chacha20_poly1305: *found = copenssl_chacha20_poly1305; return true;
    default: return false;
    }
}

/// A kernel's records are as long as the protocol allows; some clients ask for less (RFC 6066 §4).
static bool limits_records(const SSL *ssl) {
    return SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl))
           != TLSEXT_max_fragment_length_DISABLED;
}

static copenssl_readiness readiness(const copenssl_tls *tls, bool is_written) {
    const copenssl_traffic *traffic = tls->traffic;
    if (traffic == NULL || traffic->is_updated) return copenssl_keys_never;
    if (is_written && limits_records(tls->ssl)) return copenssl_keys_never;
    // The end of a stream, which comes once, was OpenSSL's to send or to see.
    int end = is_written ? SSL_SENT_SHUTDOWN : SSL_RECEIVED_SHUTDOWN;
    if ((SSL_get_shutdown(tls->ssl) & end) != 0) return copenssl_keys_never;
    // Nor is a handshake finished after an error.
    if (!SSL_is_init_finished(tls->ssl) || traffic->framing[is_written].seen != 0)
        return copenssl_keys_not_yet;
    bool is_held = is_written ? SSL_want_write(tls->ssl) : SSL_has_pending(tls->ssl);
    return is_held ? copenssl_keys_not_yet : copenssl_keys_ready;
}

copenssl_readiness copenssl_tls_record_keys(const copenssl_tls *tls, bool is_written,
                                            copenssl_record_keys *keys) {
    memset(keys, 0, sizeof *keys);
    copenssl_readiness state = readiness(tls, is_written);
    if (state != copenssl_keys_ready) return state;
    const SSL_CIPHER *cipher = SSL_get_current_cipher(tls->ssl);
    const EVP_MD *hash = SSL_CIPHER_get_handshake_digest(cipher);
    if (hash == NULL || !find_cipher(cipher, &keys->cipher)) return copenssl_keys_never;
    size_t hash_count = (size_t)EVP_MD_get_size(hash);
    bool is_client = is_written != SSL_is_server(tls->ssl);
    bool has_explicit_nonce = keys->cipher != copenssl_chacha20_poly1305;
    keys->version = SSL_version(tls->ssl);
    keys->sequence = tls->traffic->records[is_written];
    int result;
    if (keys->version == TLS1_3_VERSION) {
        result = derive_tls13(tls->traffic, is_client, hash_count, key_size(keys->cipher), keys);
    } else {
        size_t vector_count = sizeof keys->vector - (has_explicit_nonce ? explicit_count : 0);
        result = derive_tls12(tls->ssl, is_client, hash_count, key_size(keys->cipher), vector_count,
                              keys);
        if (has_explicit_nonce) continue_nonces(&tls->traffic->framing[is_written], keys);
    }
    if (result == 0) return copenssl_keys_ready;
    copenssl_record_keys_clear(keys);
    return copenssl_keys_never;
}

void copenssl_record_keys_clear(copenssl_record_keys *keys) { OPENSSL_cleanse(keys, sizeof *keys); }
