#include "Tickets.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/// One key for encrypting tickets.
typedef struct ticket_key {
    uint8_t name[16];
    uint8_t cipher[32];
    uint8_t authentication[32];
    /// In seconds of the monotonic clock.
    int64_t made_at;
} ticket_key;

/// The current key and the one before.
enum { ticket_key_limit = 2 };

struct copenssl_ticket_keys {
    pthread_rwlock_t lock;
    int64_t lifetime;
    int count;
    ticket_key keys[ticket_key_limit];
};

static int64_t monotonic_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

static int add_key(copenssl_ticket_keys *keys) {
    ticket_key new = {.made_at = monotonic_seconds()};
    if (RAND_bytes(new.name, sizeof new.name) != 1) return -1;
    if (RAND_priv_bytes(new.cipher, sizeof new.cipher) != 1) return -1;
    if (RAND_priv_bytes(new.authentication, sizeof new.authentication) != 1) return -1;
    memmove(keys->keys + 1, keys->keys, sizeof new * (ticket_key_limit - 1));
    keys->keys[0] = new;
    if (keys->count < ticket_key_limit) keys->count++;
    OPENSSL_cleanse(&new, sizeof new);
    return 0;
}

copenssl_ticket_keys *copenssl_ticket_keys_new(int64_t lifetime) {
    copenssl_ticket_keys *keys = OPENSSL_zalloc(sizeof *keys);
    if (keys == NULL) return NULL;
    keys->lifetime = lifetime;
    pthread_rwlock_init(&keys->lock, NULL);
    if (add_key(keys) == 0) return keys;
    copenssl_ticket_keys_free(keys);
    return NULL;
}

void copenssl_ticket_keys_free(copenssl_ticket_keys *keys) {
    if (keys == NULL) return;
    pthread_rwlock_destroy(&keys->lock);
    OPENSSL_clear_free(keys, sizeof *keys);
}

int copenssl_ticket_keys_rotate(copenssl_ticket_keys *keys) {
    pthread_rwlock_wrlock(&keys->lock);
    int result = add_key(keys);
    pthread_rwlock_unlock(&keys->lock);
    return result;
}

static bool is_old(const copenssl_ticket_keys *keys, const ticket_key *key, int64_t lifetimes) {
    return monotonic_seconds() - key->made_at >= lifetimes * keys->lifetime;
}

/// A copy of the key for new tickets, which is replaced when its time is over.
static bool current_key(copenssl_ticket_keys *keys, ticket_key *found) {
    pthread_rwlock_rdlock(&keys->lock);
    bool needs_new = is_old(keys, &keys->keys[0], 1);
    *found = keys->keys[0];
    pthread_rwlock_unlock(&keys->lock);
    if (!needs_new) return true;
    pthread_rwlock_wrlock(&keys->lock);
    bool is_made = !is_old(keys, &keys->keys[0], 1) || add_key(keys) == 0;
    *found = keys->keys[0];
    pthread_rwlock_unlock(&keys->lock);
    return is_made;
}

/// A copy of the key that a ticket names. Returns 0 for none, 1 for the current one, 2 for one whose
/// tickets are to be replaced.
static int named_key(copenssl_ticket_keys *keys, const uint8_t *name, ticket_key *found) {
    int position = 0;
    pthread_rwlock_rdlock(&keys->lock);
    for (int index = 0; index < keys->count && position == 0; index++) {
        if (CRYPTO_memcmp(keys->keys[index].name, name, sizeof keys->keys[index].name) != 0) continue;
        if (is_old(keys, &keys->keys[index], 2)) continue;
        *found = keys->keys[index];
        position = index == 0 && !is_old(keys, found, 1) ? 1 : 2;
    }
    pthread_rwlock_unlock(&keys->lock);
    return position;
}

static int keys_index = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void) { keys_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL); }

/// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): AES-256-CBC and HMAC-SHA-256 (RFC 5077 §4).
static int use_ticket_key(SSL *ssl, unsigned char *name, unsigned char *vector,
                          EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *authentication, int encrypts) {
    copenssl_ticket_keys *keys = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), keys_index);
    if (keys == NULL) return encrypts ? -1 : 0;
    ticket_key key;
    int result = 1;
    if (encrypts) {
        if (!current_key(keys, &key) || RAND_bytes(vector, 16) != 1) return -1;
        memcpy(name, key.name, sizeof key.name);
    } else {
        result = named_key(keys, name, &key);
        if (result == 0) return 0;
        // A client of TLS 1.3 uses a ticket once, and expects another (RFC 8446 §C.4).
        if (SSL_version(ssl) == TLS1_3_VERSION) result = 2;
    }
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.authentication,
                                          sizeof key.authentication),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, vector, encrypts) != 1
        || EVP_MAC_CTX_set_params(authentication, parameters) != 1)
        result = -1;
    OPENSSL_cleanse(&key, sizeof key);
    return result;
}

/// What a ticket carries beside its session: when the client had its first, full handshake, in
/// seconds since 1970.
static int date_ticket(SSL *ssl, void *argument) {
    (void)argument;
    SSL_SESSION *session = SSL_get_session(ssl);
    void *data = NULL;
    size_t count = 0;
    if (session == NULL) return 0;
    if (SSL_SESSION_get0_ticket_appdata(session, &data, &count) == 1 && count > 0) return 1;
    int64_t now = time(NULL);
    return SSL_SESSION_set1_ticket_appdata(session, &now, sizeof now);
}

/// Whether a session may be resumed once more. Each use of a ticket brings a new one (RFC 8446 §C.4),
/// so its keys alone would let a session go on forever, whatever has become of its certificate.
static bool is_fresh(const copenssl_ticket_keys *keys, SSL_SESSION *session) {
    void *data = NULL;
    size_t count = 0;
    int64_t begun = 0;
    if (SSL_SESSION_get0_ticket_appdata(session, &data, &count) != 1 || count != sizeof begun)
        return false;
    memcpy(&begun, data, sizeof begun);
    int64_t age = time(NULL) - begun;
    X509 *peer = SSL_SESSION_get0_peer(session);
    return age >= 0 && age < 2 * keys->lifetime
           && (peer == NULL || X509_cmp_current_time(X509_get0_notAfter(peer)) > 0);
}

static SSL_TICKET_RETURN use_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                    size_t name_count, SSL_TICKET_STATUS status, void *argument) {
    (void)name, (void)name_count, (void)argument;
    if (status == SSL_TICKET_EMPTY || status == SSL_TICKET_NO_DECRYPT)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    const copenssl_ticket_keys *keys = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), keys_index);
    if (keys == NULL || !is_fresh(keys, session)) return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

// MARK: - Their use

void copenssl_use_tickets(SSL_CTX *ssl, copenssl_ticket_keys *keys) {
    pthread_once(&once, prepare);
    SSL_CTX_set_ex_data(ssl, keys_index, keys);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, use_ticket_key);
    SSL_CTX_set_session_ticket_cb(ssl, date_ticket, use_ticket, NULL);
    SSL_CTX_set_timeout(ssl, (long)keys->lifetime);
    SSL_CTX_set_num_tickets(ssl, 1);
}
