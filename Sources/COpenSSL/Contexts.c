#include "Certificates.h"
#include "Connection.h"
#include "Tickets.h"
#include "Traffic.h"

#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

/// The recommendation of Mozilla for servers with clients of the last years: forward secrecy and
/// authenticated encryption only.
static const char standard_ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char standard_groups[] = "X25519:P-256:P-384";

static bool trust(SSL_CTX *ssl, const uint8_t *pem, size_t count, bool shows_names) {
    STACK_OF(X509) *all = copenssl_read_certificates(pem, count);
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
    BIO *source = copenssl_memory(pem, count);
    int added = 0;
    X509_CRL *next;
    while (source != NULL && (next = PEM_read_bio_X509_CRL(source, NULL, copenssl_no_passphrase, NULL)) != NULL) {
        added += X509_STORE_add_crl(store, next);
        X509_CRL_free(next);
    }
    BIO_free(source);
    bool is_complete = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (added == 0 || !is_complete) return false;
    ERR_clear_error();
    return X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1;
}

static bool show(SSL_CTX *ssl, const copenssl_identity *identity) {
    return SSL_CTX_use_cert_and_key(ssl, identity->leaf, identity->key, identity->chain, 1) == 1;
}

/// What is the same for servers and clients.
static copenssl_context *make_context(const SSL_METHOD *method, const copenssl_identity *identity,
                                      const copenssl_options *options) {
    ERR_clear_error();
    copenssl_context *context = OPENSSL_zalloc(sizeof *context);
    if (context == NULL) return NULL;
    context->ssl = SSL_CTX_new(method);
    const char *ciphers = options->ciphers == NULL ? standard_ciphers : options->ciphers;
    SSL_CTX *ssl = context->ssl;
    if (ssl == NULL || SSL_CTX_set_min_proto_version(ssl, options->minimum_version) != 1
        || SSL_CTX_set_max_proto_version(ssl, options->maximum_version) != 1
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
    if (options->exports_keys) copenssl_traffic_export(ssl);
    return context;
}

void copenssl_context_free(copenssl_context *context) {
    if (context == NULL) return;
    SSL_CTX_free(context->ssl);
    OPENSSL_free(context);
}

static bool is_strong(const SSL_CIPHER *cipher) {
    int exchange = SSL_CIPHER_get_kx_nid(cipher);
    bool is_ephemeral = exchange == NID_kx_any || exchange == NID_kx_ecdhe || exchange == NID_kx_dhe;
    return is_ephemeral && SSL_CIPHER_is_aead(cipher) == 1
           && SSL_CIPHER_get_auth_nid(cipher) != NID_auth_null;
}

int64_t copenssl_cipher_names(const char *list, bool is_tls13, char *output, size_t capacity) {
    ERR_clear_error();
    int version = is_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    bool is_known = context != NULL && SSL_CTX_set_min_proto_version(context, version) == 1
                    && SSL_CTX_set_max_proto_version(context, version) == 1
                    && (is_tls13 ? SSL_CTX_set_ciphersuites(context, list)
                                 : SSL_CTX_set_cipher_list(context, list)) == 1;
    SSL *ssl = is_known ? SSL_new(context) : NULL;
    STACK_OF(SSL_CIPHER) *all = ssl == NULL ? NULL : SSL_get1_supported_ciphers(ssl);
    copenssl_text names = {output, 0, capacity, false};
    for (int index = 0; index < sk_SSL_CIPHER_num(all); index++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(all, index);
        char name[64];
        int count = snprintf(name, sizeof name, "%c%s", is_strong(cipher) ? '+' : '-',
                             SSL_CIPHER_get_name(cipher));
        copenssl_add_name(&names, name, count < (int)sizeof name ? count : 0);
    }
    sk_SSL_CIPHER_free(all);
    SSL_free(ssl);
    SSL_CTX_free(context);
    ERR_clear_error();
    return is_known ? (int64_t)names.count : -1;
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
    SSL_CTX_set_client_hello_cb(ssl, copenssl_read_client_hello, NULL);
    if (options->ticket_keys == NULL) {
        SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ssl, 0);
    } else {
        copenssl_use_tickets(ssl, options->ticket_keys);
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
