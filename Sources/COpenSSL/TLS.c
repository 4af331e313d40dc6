#include "COpenSSLTLS.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

struct copenssl_identity {
    X509 *leaf;
    STACK_OF(X509) *chain;
    EVP_PKEY *key;
};

struct copenssl_context {
    SSL_CTX *ssl;
    uint8_t session_scope[32];
};

/// The longest host name (RFC 1035 §2.3.4), without the last dot.
enum { longest_name = 253 };

struct copenssl_tls {
    SSL *ssl;
    /// Set during a call.
    copenssl_wire *wire;
    copenssl_chooser chooser;
    void *owner;
    copenssl_context *context;
    uint8_t name_count;
    char name[longest_name];
};

// MARK: - Errors

void copenssl_last_error(char *output, size_t capacity) {
    if (capacity == 0) return;
    const char *data = NULL;
    int flags = 0;
    unsigned long code = ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    bool is_explained = ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED
                        && (flags & ERR_TXT_STRING) != 0 && data != NULL && *data != 0;
    snprintf(output, capacity, "%s%s%s", reason == NULL ? "unknown error" : reason,
             is_explained ? ": " : "", is_explained ? data : "");
    ERR_clear_error();
}

// MARK: - Certificates

static BIO *memory(const uint8_t *bytes, size_t count) {
    return count > INT32_MAX ? NULL : BIO_new_mem_buf(bytes, (int)count);
}

/// No passphrase is ever asked for.
static int no_passphrase(char *buffer, int size, int writing, void *data) {
    (void)buffer, (void)size, (void)writing, (void)data;
    return -1;
}

static STACK_OF(X509) *read_certificates(const uint8_t *pem, size_t count) {
    BIO *source = memory(pem, count);
    STACK_OF(X509) *all = sk_X509_new_null();
    X509 *next;
    while (source != NULL && all != NULL
           && (next = PEM_read_bio_X509(source, NULL, no_passphrase, NULL)) != NULL)
        if (sk_X509_push(all, next) == 0) X509_free(next);
    BIO_free(source);
    unsigned long error = ERR_peek_last_error();
    bool is_complete = ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (all != NULL && sk_X509_num(all) > 0 && is_complete) {
        ERR_clear_error();
        return all;
    }
    sk_X509_pop_free(all, X509_free);
    return NULL;
}

static EVP_PKEY *read_key(const uint8_t *pem, size_t count) {
    BIO *source = memory(pem, count);
    EVP_PKEY *key = source == NULL ? NULL : PEM_read_bio_PrivateKey(source, NULL, no_passphrase, NULL);
    BIO_free(source);
    return key;
}

copenssl_identity *copenssl_identity_new(const uint8_t *chain, size_t chain_count,
                                         const uint8_t *key, size_t key_count) {
    ERR_clear_error();
    copenssl_identity *identity = OPENSSL_zalloc(sizeof *identity);
    if (identity == NULL) return NULL;
    identity->chain = read_certificates(chain, chain_count);
    identity->leaf = identity->chain == NULL ? NULL : sk_X509_shift(identity->chain);
    identity->key = identity->leaf == NULL ? NULL : read_key(key, key_count);
    if (identity->key == NULL || X509_check_private_key(identity->leaf, identity->key) != 1) {
        copenssl_identity_free(identity);
        return NULL;
    }
    return identity;
}

copenssl_identity *copenssl_identity_placeholder(const char *name) {
    ERR_clear_error();
    copenssl_identity *identity = OPENSSL_zalloc(sizeof *identity);
    if (identity == NULL) return NULL;
    identity->key = EVP_EC_gen("P-256");
    identity->leaf = X509_new();
    identity->chain = sk_X509_new_null();
    X509 *leaf = identity->leaf;
    X509_NAME *subject = leaf == NULL ? NULL : X509_get_subject_name(leaf);
    if (identity->key != NULL && identity->chain != NULL && subject != NULL
        && X509_set_version(leaf, X509_VERSION_3) == 1
        && ASN1_INTEGER_set(X509_get_serialNumber(leaf), 1) == 1
        && X509_gmtime_adj(X509_getm_notBefore(leaf), 0) != NULL
        && X509_gmtime_adj(X509_getm_notAfter(leaf), 365L * 86400) != NULL
        && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                                      0) == 1
        && X509_set_issuer_name(leaf, subject) == 1 && X509_set_pubkey(leaf, identity->key) == 1
        && X509_sign(leaf, identity->key, EVP_sha256()) > 0)
        return identity;
    copenssl_identity_free(identity);
    return NULL;
}

void copenssl_identity_free(copenssl_identity *identity) {
    if (identity == NULL) return;
    X509_free(identity->leaf);
    sk_X509_pop_free(identity->chain, X509_free);
    EVP_PKEY_free(identity->key);
    OPENSSL_free(identity);
}

typedef struct text {
    char *start;
    size_t count;
    size_t capacity;
    bool is_full;
} text;

static void add_name(text *names, const char *bytes, int count) {
    // A NUL inside a name hides what follows it from careless readers: such a name is none.
    if (count <= 0 || memchr(bytes, 0, (size_t)count) != NULL) return;
    if (names->count + (size_t)count + 1 > names->capacity) {
        names->is_full = true;
        return;
    }
    memcpy(names->start + names->count, bytes, (size_t)count);
    names->count += (size_t)count;
    names->start[names->count++] = 0;
}

static void add_address(text *names, const ASN1_OCTET_STRING *address) {
    char *shown = NULL;
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (name == NULL) return;
    BIO *output = BIO_new(BIO_s_mem());
    ASN1_OCTET_STRING *copy = ASN1_OCTET_STRING_dup(address);
    if (output != NULL && copy != NULL) {
        GENERAL_NAME_set0_value(name, GEN_IPADD, copy);
        copy = NULL;
        GENERAL_NAME_print(output, name);
        long count = BIO_get_mem_data(output, &shown);
        static const char prefix[] = "IP Address:";
        const long prefix_count = sizeof prefix - 1;
        if (count > prefix_count) add_name(names, shown + prefix_count, (int)(count - prefix_count));
    }
    ASN1_OCTET_STRING_free(copy);
    BIO_free(output);
    GENERAL_NAME_free(name);
}

static void add_common_name(text *names, const X509 *leaf) {
    const X509_NAME *subject = X509_get_subject_name(leaf);
    int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (index < 0) return;
    unsigned char *shown = NULL;
    int count = ASN1_STRING_to_UTF8(&shown, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
    if (count > 0) add_name(names, (const char *)shown, count);
    OPENSSL_free(shown);
}

int64_t copenssl_identity_names(const copenssl_identity *identity, char *output, size_t capacity) {
    text names = {output, 0, capacity, false};
    GENERAL_NAMES *all = X509_get_ext_d2i(identity->leaf, NID_subject_alt_name, NULL, NULL);
    for (int index = 0; index < sk_GENERAL_NAME_num(all); index++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, index);
        if (name->type == GEN_DNS)
            add_name(&names, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                     ASN1_STRING_length(name->d.dNSName));
        if (name->type == GEN_IPADD) add_address(&names, name->d.iPAddress);
    }
    GENERAL_NAMES_free(all);
    if (names.count == 0 && !names.is_full) add_common_name(&names, identity->leaf);
    return names.is_full ? -1 : (int64_t)names.count;
}

int copenssl_identity_fingerprint(const copenssl_identity *identity, uint8_t *output) {
    unsigned int count = 0;
    return X509_digest(identity->leaf, EVP_sha256(), output, &count) == 1 ? 0 : -1;
}

static int64_t unix_time(const ASN1_TIME *time) {
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int is_valid = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    return is_valid ? (int64_t)days * 86400 + seconds : 0;
}

int64_t copenssl_identity_not_before(const copenssl_identity *identity) {
    return unix_time(X509_get0_notBefore(identity->leaf));
}

int64_t copenssl_identity_not_after(const copenssl_identity *identity) {
    return unix_time(X509_get0_notAfter(identity->leaf));
}

/// A distinguished name in one line.
static int64_t print_name(const X509_NAME *name, char *output, size_t capacity) {
    if (capacity == 0) return -1;
    output[0] = 0;
    BIO *text = BIO_new(BIO_s_mem());
    if (text == NULL) return -1;
    char *shown = NULL;
    long count = -1;
    if (X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
        count = BIO_get_mem_data(text, &shown);
    if (count >= 0 && (size_t)count < capacity) {
        memcpy(output, shown, (size_t)count);
        output[count] = 0;
    } else {
        count = -1;
    }
    BIO_free(text);
    return count;
}

int64_t copenssl_identity_subject(const copenssl_identity *identity, bool issuer, char *output,
                                  size_t capacity) {
    const X509 *leaf = identity->leaf;
    return print_name(issuer ? X509_get_issuer_name(leaf) : X509_get_subject_name(leaf), output,
                      capacity);
}

void copenssl_identity_algorithms(const copenssl_identity *identity, char *key, char *signature) {
    const char *kind = EVP_PKEY_is_a(identity->key, "RSA")  ? "RSA"
                       : EVP_PKEY_is_a(identity->key, "EC") ? "EC"
                                                            : EVP_PKEY_get0_type_name(identity->key);
    snprintf(key, 32, "%s%d", kind == NULL ? "" : kind, EVP_PKEY_get_bits(identity->key));
    const char *name = OBJ_nid2sn(X509_get_signature_nid(identity->leaf));
    snprintf(signature, 32, "%s", name == NULL ? "" : name);
}

// MARK: - Tickets

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
static int tls_index = -1;
static BIO_METHOD *wire_method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

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

// MARK: - The wire

static int wire_read(BIO *bio, char *output, size_t capacity, size_t *count) {
    copenssl_tls *tls = BIO_get_data(bio);
    copenssl_wire *wire = tls->wire;
    BIO_clear_retry_flags(bio);
    if (wire == NULL || wire->input_count == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    *count = capacity < wire->input_count ? capacity : wire->input_count;
    memcpy(output, wire->input, *count);
    wire->input += *count;
    wire->input_count -= *count;
    return 1;
}

static int wire_write(BIO *bio, const char *bytes, size_t byte_count, size_t *count) {
    copenssl_tls *tls = BIO_get_data(bio);
    copenssl_wire *wire = tls->wire;
    BIO_clear_retry_flags(bio);
    size_t room = wire == NULL ? 0 : wire->output_capacity - wire->output_count;
    if (room == 0) {
        BIO_set_retry_write(bio);
        return -1;
    }
    *count = byte_count < room ? byte_count : room;
    memcpy(wire->output + wire->output_count, bytes, *count);
    wire->output_count += *count;
    return 1;
}

static long wire_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static void prepare(void) {
    keys_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    tls_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    wire_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    BIO_meth_set_read_ex(wire_method, wire_read);
    BIO_meth_set_write_ex(wire_method, wire_write);
    BIO_meth_set_ctrl(wire_method, wire_control);
}

// MARK: - Contexts

/// The recommendation of Mozilla for servers with clients of the last years: forward secrecy and
/// authenticated encryption only.
static const char standard_ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char standard_groups[] = "X25519:P-256:P-384";

static bool trust(SSL_CTX *ssl, const uint8_t *pem, size_t count, bool shows_names) {
    STACK_OF(X509) *all = read_certificates(pem, count);
    if (all == NULL) return false;
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    bool is_added = true;
    for (int index = 0; index < sk_X509_num(all) && is_added; index++) {
        X509 *authority = sk_X509_value(all, index);
        is_added = X509_STORE_add_cert(store, authority) == 1
                   && (!shows_names || SSL_CTX_add_client_CA(ssl, authority) == 1);
    }
    sk_X509_pop_free(all, X509_free);
    return is_added;
}

static bool revoke(SSL_CTX *ssl, const uint8_t *pem, size_t count) {
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    BIO *source = memory(pem, count);
    int added = 0;
    X509_CRL *next;
    while (source != NULL && (next = PEM_read_bio_X509_CRL(source, NULL, no_passphrase, NULL)) != NULL) {
        added += X509_STORE_add_crl(store, next);
        X509_CRL_free(next);
    }
    BIO_free(source);
    if (added == 0) return false;
    ERR_clear_error();
    return X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1;
}

static bool show(SSL_CTX *ssl, const copenssl_identity *identity) {
    return SSL_CTX_use_cert_and_key(ssl, identity->leaf, identity->key, identity->chain, 1) == 1;
}

/// What is the same for servers and clients.
static copenssl_context *make_context(const SSL_METHOD *method, const copenssl_identity *identity,
                                      const copenssl_options *options) {
    pthread_once(&once, prepare);
    ERR_clear_error();
    copenssl_context *context = OPENSSL_zalloc(sizeof *context);
    if (context == NULL) return NULL;
    context->ssl = SSL_CTX_new(method);
    const char *ciphers = options->ciphers == NULL ? standard_ciphers : options->ciphers;
    SSL_CTX *ssl = context->ssl;
    if (ssl == NULL || SSL_CTX_set_min_proto_version(ssl, options->minimum_version) != 1
        || SSL_CTX_set_cipher_list(ssl, ciphers) != 1
        || (options->cipher_suites != NULL && SSL_CTX_set_ciphersuites(ssl, options->cipher_suites) != 1)
        || SSL_CTX_set1_groups_list(ssl, standard_groups) != 1
        || (identity != NULL && !show(ssl, identity))
        || (options->authorities != NULL
            && !trust(ssl, options->authorities, options->authorities_count,
                      method == TLS_server_method()))
        || (options->revocations != NULL
            && !revoke(ssl, options->revocations, options->revocations_count))) {
        copenssl_context_free(context);
        return NULL;
    }
    SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                              | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    return context;
}

void copenssl_context_free(copenssl_context *context) {
    if (context == NULL) return;
    SSL_CTX_free(context->ssl);
    OPENSSL_free(context);
}

/// RFC 7301 §3.2: the server's order counts, and a client with other protocols only is rejected.
static int choose_protocol(SSL *ssl, const unsigned char **output, unsigned char *output_count,
                           const unsigned char *offered, unsigned int offered_count, void *data) {
    (void)ssl;
    const ASN1_OCTET_STRING *own = data;
    unsigned char *chosen = NULL;
    int result = SSL_select_next_proto(&chosen, output_count, ASN1_STRING_get0_data(own),
                                       (unsigned int)ASN1_STRING_length(own), offered, offered_count);
    *output = chosen;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int protocols_index = -1;
static pthread_once_t protocols_once = PTHREAD_ONCE_INIT;

static void free_protocols(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long number,
                           void *argument) {
    (void)parent, (void)data, (void)index, (void)number, (void)argument;
    ASN1_OCTET_STRING_free(pointer);
}

static void prepare_protocols(void) {
    protocols_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_protocols);
}

static bool offer_protocols(SSL_CTX *ssl, const copenssl_options *options) {
    pthread_once(&protocols_once, prepare_protocols);
    ASN1_OCTET_STRING *own = ASN1_OCTET_STRING_new();
    if (own == NULL) return false;
    if (ASN1_OCTET_STRING_set(own, options->protocols, (int)options->protocols_count) != 1
        || SSL_CTX_set_ex_data(ssl, protocols_index, own) != 1) {
        ASN1_OCTET_STRING_free(own);
        return false;
    }
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, own);
    return true;
}

static int read_client_hello(SSL *ssl, int *alert, void *argument);

copenssl_context *copenssl_server_context_new(const copenssl_identity *identity,
                                              const copenssl_options *options) {
    copenssl_context *context = make_context(TLS_server_method(), identity, options);
    if (context == NULL) return NULL;
    SSL_CTX *ssl = context->ssl;
    if (options->protocols_count > 0 && !offer_protocols(ssl, options)) {
        copenssl_context_free(context);
        return NULL;
    }
    if (options->session_scope != NULL)
        memcpy(context->session_scope, options->session_scope, sizeof context->session_scope);
    int verification = options->peer_certificates == copenssl_peer_certificates_off ? SSL_VERIFY_NONE
                                                                                    : SSL_VERIFY_PEER;
    if (options->peer_certificates == copenssl_peer_certificates_required)
        verification |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(ssl, verification, NULL);
    SSL_CTX_set_client_hello_cb(ssl, read_client_hello, NULL);
    if (options->ticket_keys == NULL) {
        SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ssl, 0);
    } else {
        SSL_CTX_set_ex_data(ssl, keys_index, options->ticket_keys);
        SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, use_ticket_key);
        SSL_CTX_set_timeout(ssl, (long)options->ticket_keys->lifetime);
        SSL_CTX_set_num_tickets(ssl, 1);
    }
    return context;
}

copenssl_context *copenssl_client_context_new(const copenssl_identity *identity,
                                              const copenssl_options *options) {
    copenssl_context *context = make_context(TLS_client_method(), identity, options);
    if (context == NULL) return NULL;
    bool verifies = options->peer_certificates != copenssl_peer_certificates_off;
    if (verifies && options->authorities == NULL
        && SSL_CTX_set_default_verify_paths(context->ssl) != 1) {
        copenssl_context_free(context);
        return NULL;
    }
    SSL_CTX_set_verify(context->ssl, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    return context;
}

// MARK: - The ClientHello

/// The host name of a server_name extension (RFC 6066 §3), in lower case. Returns its length, 0 for
/// none, -1 for one that is not a host name.
static int read_server_name(SSL *ssl, char *output) {
    const unsigned char *bytes;
    size_t count;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &count) != 1) return 0;
    // The list's length, the type 0 (host_name), the name's length, the name.
    if (count < 5 || (size_t)(bytes[0] << 8 | bytes[1]) != count - 2 || bytes[2] != 0) return -1;
    size_t length = (size_t)(bytes[3] << 8 | bytes[4]);
    if (length == 0 || length > longest_name || length > count - 5) return -1;
    for (size_t index = 0; index < length; index++) {
        unsigned char byte = bytes[5 + index];
        if (byte <= ' ' || byte >= 127) return -1;
        output[index] = (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    }
    return (int)length;
}

/// Whether the client offers `acme-tls/1` and nothing else (RFC 8737 §3).
static bool is_challenge(SSL *ssl) {
    static const unsigned char expected[] = "\x00\x0b\x0a" "acme-tls/1";
    const unsigned char *bytes;
    size_t count;
    const int alpn = TLSEXT_TYPE_application_layer_protocol_negotiation;
    return SSL_client_hello_get0_ext(ssl, alpn, &bytes, &count) == 1
           && count == sizeof expected - 1 && memcmp(bytes, expected, count) == 0;
}

/// A session is resumed only where its certificate and its name are the same: another route may
/// require a client certificate that this one did not.
static bool set_session_scope(SSL *ssl, const copenssl_context *context, const copenssl_tls *tls) {
    uint8_t input[sizeof context->session_scope + longest_name];
    uint8_t scope[32];
    memcpy(input, context->session_scope, sizeof context->session_scope);
    memcpy(input + sizeof context->session_scope, tls->name, tls->name_count);
    return EVP_Digest(input, sizeof context->session_scope + tls->name_count, scope, NULL,
                      EVP_sha256(), NULL) == 1
           && SSL_set_session_id_context(ssl, scope, sizeof scope) == 1;
}

static int read_client_hello(SSL *ssl, int *alert, void *argument) {
    (void)argument;
    copenssl_tls *tls = SSL_get_ex_data(ssl, tls_index);
    *alert = SSL_AD_INTERNAL_ERROR;
    if (tls == NULL) return SSL_CLIENT_HELLO_ERROR;
    int count = read_server_name(ssl, tls->name);
    if (count < 0) {
        *alert = SSL_AD_DECODE_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }
    tls->name_count = (uint8_t)count;
    copenssl_context *context = tls->context;
    if (tls->chooser != NULL)
        context = tls->chooser(tls->owner, (const uint8_t *)tls->name, (size_t)count, is_challenge(ssl));
    if (context == NULL) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (context != tls->context) {
        if (SSL_set_SSL_CTX(ssl, context->ssl) == NULL) return SSL_CLIENT_HELLO_ERROR;
        // That does not change: an ACME server that validates a name shows no certificate.
        SSL_set_verify(ssl, SSL_CTX_get_verify_mode(context->ssl), NULL);
    }
    return set_session_scope(ssl, context, tls) ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

// MARK: - Connections

static copenssl_tls *make_tls(copenssl_context *context) {
    ERR_clear_error();
    copenssl_tls *tls = OPENSSL_zalloc(sizeof *tls);
    BIO *wire = BIO_new(wire_method);
    if (tls != NULL && wire != NULL) tls->ssl = SSL_new(context->ssl);
    if (tls == NULL || wire == NULL || tls->ssl == NULL
        || SSL_set_ex_data(tls->ssl, tls_index, tls) != 1) {
        BIO_free(wire);
        copenssl_tls_free(tls);
        return NULL;
    }
    BIO_set_data(wire, tls);
    BIO_set_init(wire, 1);
    SSL_set_bio(tls->ssl, wire, wire);
    tls->context = context;
    return tls;
}

copenssl_tls *copenssl_tls_accept(copenssl_context *context, copenssl_chooser chooser, void *owner) {
    copenssl_tls *tls = make_tls(context);
    if (tls == NULL) return NULL;
    tls->chooser = chooser;
    tls->owner = owner;
    SSL_set_accept_state(tls->ssl);
    return tls;
}

static bool expect_name(SSL *ssl, const char *name) {
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1) return true;
    ERR_clear_error();
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1;
}

copenssl_tls *copenssl_tls_connect(copenssl_context *context, const char *server_name,
                                   const char *verified_name) {
    copenssl_tls *tls = make_tls(context);
    if (tls == NULL) return NULL;
    if ((server_name != NULL && SSL_set_tlsext_host_name(tls->ssl, server_name) != 1)
        || (verified_name != NULL && !expect_name(tls->ssl, verified_name))) {
        copenssl_tls_free(tls);
        return NULL;
    }
    SSL_set_connect_state(tls->ssl);
    return tls;
}

void copenssl_tls_free(copenssl_tls *tls) {
    if (tls == NULL) return;
    SSL_free(tls->ssl);
    OPENSSL_free(tls);
}

/// Why a call of OpenSSL did not succeed.
static int outcome(copenssl_tls *tls, int result) {
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ: return copenssl_wants_input;
    case SSL_ERROR_WANT_WRITE: return copenssl_wants_room;
    case SSL_ERROR_ZERO_RETURN: return copenssl_ended;
    default: break;
    }
    // The verification's own words say more than "certificate verify failed".
    long verification = SSL_get_verify_result(tls->ssl);
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED
        && verification != X509_V_OK)
        ERR_raise_data(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, "%s",
                       X509_verify_cert_error_string(verification));
    return copenssl_failed;
}

int copenssl_tls_handshake(copenssl_tls *tls, copenssl_wire *wire) {
    ERR_clear_error();
    tls->wire = wire;
    int result = SSL_do_handshake(tls->ssl);
    if (result != 1) result = outcome(tls, result);
    tls->wire = NULL;
    return result == 1 ? 0 : result;
}

int64_t copenssl_tls_read(copenssl_tls *tls, copenssl_wire *wire, uint8_t *plain, size_t capacity) {
    ERR_clear_error();
    tls->wire = wire;
    size_t total = 0;
    int result = 1;
    // Each call decrypts one record at most.
    while (total < capacity) {
        size_t count = 0;
        result = SSL_read_ex(tls->ssl, plain + total, capacity - total, &count);
        if (result != 1) break;
        total += count;
        if (wire->input_count == 0 && SSL_pending(tls->ssl) == 0) break;
    }
    int64_t found = total > 0 ? (int64_t)total : outcome(tls, result);
    tls->wire = NULL;
    return found;
}

int64_t copenssl_tls_write(copenssl_tls *tls, copenssl_wire *wire, const uint8_t *plain,
                           size_t count) {
    ERR_clear_error();
    tls->wire = wire;
    size_t total = 0;
    int result = 1;
    while (total < count) {
        size_t written = 0;
        result = SSL_write_ex(tls->ssl, plain + total, count - total, &written);
        if (result != 1) break;
        total += written;
    }
    int64_t found = total > 0 ? (int64_t)total : outcome(tls, result);
    tls->wire = NULL;
    return found;
}

void copenssl_tls_end(copenssl_tls *tls, copenssl_wire *wire) {
    ERR_clear_error();
    tls->wire = wire;
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
    tls->wire = NULL;
}

// MARK: - What a handshake has established

static void copy_text(char *output, size_t capacity, const char *text) {
    strncpy(output, text == NULL ? "" : text, capacity - 1);
    output[capacity - 1] = 0;
}

void copenssl_tls_session(const copenssl_tls *tls, copenssl_session *session) {
    memset(session, 0, sizeof *session);
    session->version = SSL_version(tls->ssl);
    session->is_resumed = SSL_session_reused(tls->ssl) == 1;
    session->has_peer_certificate = SSL_get0_peer_certificate(tls->ssl) != NULL;
    copy_text(session->cipher, sizeof session->cipher, SSL_get_cipher_name(tls->ssl));
    int group = (int)SSL_get_negotiated_group(tls->ssl);
    copy_text(session->group, sizeof session->group,
              group == 0 ? NULL : SSL_group_to_name(tls->ssl, group));
    const unsigned char *protocol = NULL;
    unsigned int count = 0;
    SSL_get0_alpn_selected(tls->ssl, &protocol, &count);
    if (count > 0 && count < sizeof session->protocol) memcpy(session->protocol, protocol, count);
}

size_t copenssl_tls_server_name(const copenssl_tls *tls, char *output, size_t capacity) {
    size_t count = tls->name_count < capacity ? tls->name_count : capacity;
    memcpy(output, tls->name, count);
    return count;
}

void copenssl_tls_peer(const copenssl_tls *tls, char *subject, size_t subject_capacity,
                       char *common_name, size_t common_name_capacity) {
    if (subject_capacity > 0) subject[0] = 0;
    if (common_name_capacity > 0) common_name[0] = 0;
    X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
    if (certificate == NULL) return;
    print_name(X509_get_subject_name(certificate), subject, subject_capacity);
    text name = {common_name, 0, common_name_capacity, false};
    add_common_name(&name, certificate);
}
